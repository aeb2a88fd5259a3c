//! Views of bills: the list that staff work with here, every other page in its own file.

mod act;
mod bill;
mod credit_note;
mod lines;
mod own;
mod receipt;
mod refunds;
mod takings;
mod visits;

pub use act::{IssuePage, PayPage, issue, pay};
pub use bill::{BillPage, Rights, bill};
pub use credit_note::{CreditNotePage, credit_note};
pub use lines::{ChoosePage, LinesPage, choose_patient, lines};
pub use own::{OwnPage, no_bills, own};
pub use receipt::{ReceiptPage, receipt};
pub use refunds::{AskPage, RefundPage, RefundsPage, ask as ask_refund, refund, refunds};
pub use takings::{TakingsPage, takings};

use crate::ui::components::{empty, invoice_tag, more};
use domain::catalogue::VisitType;
use domain::time::short_date;
use domain::{Appointment, ClinicZone, Currency, Invoice, Money, PatientId};
use jiff::civil::Date;
use leptos::prelude::*;
use service::Versioned;

/// Which bills are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// Issued and not paid in full.
    Open,
    /// Open after the last day to pay.
    Overdue,
    /// Not issued yet.
    Draft,
    /// Paid in full.
    Paid,
    /// Of the old system.
    Recorded,
}

impl Filter {
    /// All filters with their name in the address and their words.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::All, "all", "All"),
        (Self::Open, "open", "To pay"),
        (Self::Overdue, "overdue", "Overdue"),
        (Self::Draft, "draft", "Drafts"),
        (Self::Paid, "paid", "Paid"),
        (Self::Recorded, "recorded", "Old system"),
    ];

    /// The filter with this name; all for anything else.
    pub fn named(name: &str) -> Self {
        match name {
            "issued" | "partly-paid" => Self::Open,
            name => Self::ALL
                .iter()
                .find(|(_, known, _)| *known == name)
                .map_or(Self::All, |(filter, _, _)| *filter),
        }
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(filter, _, _)| *filter == self).map_or("all", |(_, name, _)| *name)
    }
}

/// The figures above the list.
pub struct Figures {
    /// Still to pay.
    pub outstanding: Money,
    /// The part that is late.
    pub overdue: Money,
    /// Taken today.
    pub today: Money,
}

/// What the list shows.
pub struct ListPage {
    /// The figures, for those who may see them.
    pub figures: Option<Figures>,
    /// Which bills.
    pub filter: Filter,
    /// Whose bills, when one patient's.
    pub patient: Option<(PatientId, String)>,
    /// The bills, newest first.
    pub bills: Vec<Versioned<Invoice>>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Visits that wait for a bill, for those who write bills.
    pub not_billed: Option<Vec<Versioned<Appointment>>>,
    /// Whether all of those visits are shown.
    pub all_visits: bool,
    /// The clinic's zone.
    pub zone: ClinicZone,
    /// The clinic's date.
    pub today: Date,
    /// What the clinic offers.
    pub visit_types: Vec<VisitType>,
    /// The clinic's currency.
    pub currency: Currency,
}

impl ListPage {
    /// The address of this list under another filter.
    fn path(&self, filter: Filter) -> String {
        match &self.patient {
            Some((id, _)) => format!("/billing?status={}&patient={id}", filter.name()),
            None => format!("/billing?status={}", filter.name()),
        }
    }
}

/// The list that staff work with.
pub fn list(page: &ListPage) -> AnyView {
    view! {
        {head(page)}
        {figures(page)}
        {visits::not_billed(page)}
        {filters(page)}
        {bills(page)}
    }
    .into_any()
}

fn head(page: &ListPage) -> AnyView {
    let caption =
        page.patient.as_ref().map(|(_, name)| view! { <span class="govuk-caption-l">{name.clone()}</span> });
    let new = page.not_billed.is_some().then(|| {
        let path = match &page.patient {
            Some((id, _)) => format!("/billing/new?patient={id}"),
            None => "/billing/new".to_owned(),
        };
        view! {
            <div class="hc-tools">
                <a class="govuk-button govuk-button--secondary" role="button" draggable="false" href="/billing/refunds">
                    "Refunds"
                </a>
                <a class="govuk-button govuk-button--secondary" role="button" draggable="false" href="/billing/takings">
                    "Takings"
                </a>
                <a class="govuk-button" role="button" draggable="false" href=path>
                    "New bill"
                </a>
            </div>
        }
    });
    view! {
        <div class="hc-head">
            <div>
                {caption}
                <h1 class="govuk-heading-l">"Bills"</h1>
            </div>
            {new}
        </div>
    }
    .into_any()
}

fn figures(page: &ListPage) -> Option<AnyView> {
    let figures = page.figures.as_ref()?;
    let late = (figures.overdue.minor > 0).then_some("hc-kpi--alert");
    let waiting = page.not_billed.as_ref().map_or(0, Vec::len);
    Some(
        view! {
            <dl class="hc-panel hc-kpis">
                <div>
                    <dt>"To pay"</dt>
                    <dd>
                        <a href="/billing?status=open">{figures.outstanding.to_string()}</a>
                    </dd>
                </div>
                <div class=late>
                    <dt>"Overdue"</dt>
                    <dd>
                        <a href="/billing?status=overdue">{figures.overdue.to_string()}</a>
                    </dd>
                </div>
                <div>
                    <dt>"Taken today"</dt>
                    <dd>
                        <a href=format!("/billing/takings?from={0}&until={0}", page.today)>{figures.today.to_string()}</a>
                    </dd>
                </div>
                <div>
                    <dt>"Visits not billed"</dt>
                    <dd>
                        <a href="/billing?visits=all#not-billed">{waiting}</a>
                    </dd>
                </div>
            </dl>
        }
        .into_any(),
    )
}

fn filters(page: &ListPage) -> AnyView {
    let chips = Filter::ALL
        .into_iter()
        .map(|(filter, _, words)| {
            let current = (filter == page.filter).then_some("true");
            view! {
                <li>
                    <a class="hc-chip" href=page.path(filter) aria-current=current>
                        {words}
                    </a>
                </li>
            }
        })
        .collect_view();
    let everyone = page.patient.is_some().then(|| {
        view! {
            <li>
                <a class="hc-chip" href=format!("/billing?status={}", page.filter.name())>
                    "Bills of everyone"
                </a>
            </li>
        }
    });
    view! {
        <ul class="hc-chips hc-noprint" aria-label="Which bills">
            {chips}
            {everyone}
        </ul>
    }
    .into_any()
}

fn bills(page: &ListPage) -> AnyView {
    if page.bills.is_empty() {
        let why = match page.filter {
            Filter::All => "No bills yet.",
            Filter::Open => "Nothing is to be paid.",
            Filter::Overdue => "No bill is overdue.",
            Filter::Draft => "No drafts wait to be issued.",
            Filter::Paid => "No bill is paid yet.",
            Filter::Recorded => "The old system left no bills.",
        };
        let next = (page.filter != Filter::All).then(|| (page.path(Filter::All), "See all bills".to_owned()));
        return view! { <div class="hc-panel">{empty(why, next)}</div> }.into_any();
    }
    let rows = page.bills.iter().map(|bill| bill_row(page, bill)).collect_view();
    view! {
        <div class="hc-panel">
            <table class="hc-tbl">
                <caption class="hc-vh">"Bills, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Bill"</th>
                        <th scope="col">"Patient"</th>
                        <th scope="col">"Issued"</th>
                        <th scope="col">"Due"</th>
                        <th scope="col" class="hc-amount">
                            "Total"
                        </th>
                        <th scope="col" class="hc-amount">
                            "To pay"
                        </th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more(&page.path(page.filter), page.next.as_deref(), "Older bills")}
    }
    .into_any()
}

fn bill_row(page: &ListPage, bill: &Invoice) -> AnyView {
    let issued =
        bill.issue.map_or_else(|| "Not yet".to_owned(), |issue| short_date(page.zone.date(issue.at)));
    let balance = bill.issue.map_or_else(|| "–".to_owned(), |_| bill.balance().to_string());
    let due = bill.issue.map_or_else(|| "–".to_owned(), |issue| short_date(issue.due));
    view! {
        <tr>
            <td data-label="Bill">
                <a class="govuk-link" href=format!("/billing/{}", bill.id)>
                    {bill.title()}
                </a>
            </td>
            <td data-label="Patient">{bill.patient.name.clone()}</td>
            <td data-label="Issued">
                <span class="hc-num">{issued}</span>
            </td>
            <td data-label="Due">
                <span class="hc-num">{due}</span>
            </td>
            <td data-label="Total" class="hc-amount">
                {bill.total().to_string()}
            </td>
            <td data-label="To pay" class="hc-amount">
                {balance}
            </td>
            <td data-label="Status">{invoice_tag(bill, page.today)}</td>
        </tr>
    }
    .into_any()
}

/// How much of an issued bill is paid, as a bar with words.
fn pay_state(bill: &Invoice) -> Option<AnyView> {
    bill.issue?;
    let (paid, total) = (bill.paid(), bill.total());
    let id = format!("paid-{}", bill.id);
    let class = if paid.minor >= total.minor { "hc-progress hc-progress--ok" } else { "hc-progress" };
    let words = format!("{paid} of {total} paid");
    Some(
        view! {
            <div class=class>
                <label class="hc-sub" for=id.clone()>
                    {words.clone()}
                </label>
                <progress id=id max=total.minor.to_string() value=paid.minor.to_string()>
                    {words}
                </progress>
            </div>
        }
        .into_any(),
    )
}
