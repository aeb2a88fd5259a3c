//! The list of accounts, and the form of a new one.

use super::{Tab, account_tag, role_tag, second_factor_tag, tabs};
use crate::ui::components::{day, empty, more};
use crate::ui::form::{FormState, Input, error_summary, input, post_form, select};
use crate::ui::pages::home::{button_link, head};
use domain::{ClinicZone, Role, User};
use leptos::prelude::*;
use service::{Page, Versioned};

/// What narrows the list, as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a name, username or e-mail address.
    pub text: String,
    /// Only this role.
    pub role: Option<Role>,
    /// Whether this is not the first page.
    pub is_later: bool,
}

impl Filter {
    /// The address of the list with this filter.
    pub fn path(&self) -> String {
        let mut query = Vec::new();
        if !self.text.is_empty() {
            query.push(format!("q={}", super::audit::encoded(&self.text)));
        }
        query.extend(self.role.map(|role| format!("role={role}")));
        if query.is_empty() { "/admin".to_owned() } else { format!("/admin?{}", query.join("&")) }
    }
}

/// The page; `may_change` shows what only administrators may do.
pub fn list(
    page: &Page<Versioned<User>>,
    filter: &Filter,
    may_change: bool,
    clinic: &str,
    zone: &ClinicZone,
) -> AnyView {
    let tools = may_change.then(|| button_link("/admin/users/new", "New account", true));
    let content = if page.items.is_empty() {
        empty("No account matches.", Some(("/admin".to_owned(), "Show all accounts".to_owned())))
    } else {
        table(&page.items, zone)
    };
    view! {
        {head(clinic, "Users", tools)} {tabs(Tab::Users)} {search(filter)} <div class="hc-panel">{content}</div>
        {filter.is_later.then(|| first(filter))} {more(&filter.path(), page.next.as_deref(), "Next page")}
    }
    .into_any()
}

fn first(filter: &Filter) -> AnyView {
    view! {
        <p class="hc-more">
            <a class="govuk-link" href=filter.path()>
                "First page"
            </a>
        </p>
    }
    .into_any()
}

/// The roles as options of a select, `first` for none.
pub fn role_options(first: &str) -> Vec<(String, String)> {
    let none = (String::new(), first.to_owned());
    std::iter::once(none)
        .chain(Role::ALL.map(|role| (role.name().to_owned(), role.title().to_owned())))
        .collect()
}

fn search(filter: &Filter) -> AnyView {
    let values =
        crate::web::FormData::default().with("role", filter.role.map(Role::name).unwrap_or_default());
    let is_narrow = !filter.text.is_empty() || filter.role.is_some();
    view! {
        <form class="hc-panel hc-filter hc-filter--row" method="get" action="/admin" role="search">
            <div class="govuk-form-group">
                <label class="govuk-label govuk-label--s" for="q">
                    "Name, username or email"
                </label>
                <input class="govuk-input" id="q" name="q" type="search" value=filter.text.clone() autocomplete="off" />
            </div>
            {select(&FormState::fresh(values), "role", "Role", "", role_options("All roles"))}
            <div class="hc-filter__act">
                <button class="govuk-button hc-btn-s">"Search"</button>
                {is_narrow.then(|| view! { <a class="govuk-link" href="/admin">"Clear"</a> })}
            </div>
        </form>
    }
    .into_any()
}

fn table(users: &[Versioned<User>], zone: &ClinicZone) -> AnyView {
    let rows = users
        .iter()
        .map(|user| {
            view! {
                <tr>
                    <td data-label="Name">
                        <a class="govuk-link" href=format!("/admin/users/{}", user.id)>
                            {user.display_name.clone()}
                        </a>
                        <br />
                        <span class="hc-sub">{user.username.to_string()}</span>
                    </td>
                    <td data-label="Email">{user.email.to_string()}</td>
                    <td data-label="Role">{role_tag(user.role)}</td>
                    <td data-label="Status">{account_tag(user.status)}</td>
                    <td data-label="Two-step sign-in">{second_factor_tag(user)}</td>
                    <td data-label="Created" class="hc-num">
                        {day(zone, user.created_at)}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hc-tbl">
            <caption class="hc-vh">"Accounts"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name and username"</th>
                    <th scope="col">"Email"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Two-step"</th>
                    <th scope="col">"Created"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// The form of a new account.
pub fn new(form: &FormState) -> AnyView {
    let name = Input::text("displayName", "Name")
        .hint("As others read it, like Dr Amina Rahman")
        .autocomplete("off");
    let username = Input::text("username", "Username")
        .hint("2 to 40 letters, digits, spaces, dots, hyphens or underscores")
        .autocomplete("off");
    let email = Input::text("email", "Email address").kind("email").autocomplete("off");
    view! {
        <div class="hc-narrow">
            {error_summary(form)} <h1 class="govuk-heading-l">"New account"</h1>
            <p class="govuk-body">
                "The clinic makes a password that is shown once, on the next page. It must be changed at the first sign-in."
            </p>
            <div class="hc-panel hc-pad">
                {post_form("/admin/users/new", view! {
                    {input(form, username)} {input(form, email)}
                    {select(form, "role", "Role", "What the person does at the clinic", role_options("Choose a role"))}
                    {input(form, name)} <div class="govuk-button-group">
                        <button class="govuk-button">"Create account"</button>
                        <a class="govuk-link" href="/admin">
                            "Cancel"
                        </a>
                    </div>
                })}
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_stands_in_the_address_escaped() {
        let filter = Filter { text: "o'neil & co".to_owned(), role: Some(Role::Doctor), is_later: false };
        assert_eq!(filter.path(), "/admin?q=o%27neil%20%26%20co&role=doctor");
        assert_eq!(Filter::default().path(), "/admin");
    }
}
