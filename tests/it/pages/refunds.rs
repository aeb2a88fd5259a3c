//! Refunds on the pages: who is offered what, and the credit note.

use crate::harness::{clinic, regular};
use domain::Role;

#[tokio::test]
async fn a_refund_is_asked_for_and_approved_by_somebody_else() {
    let clinic = clinic().await;
    let (marta, clerk, admin) =
        (clinic.the(Role::Patient), clinic.the(Role::Billing), clinic.the(Role::Admin));
    let bill = format!("/billing/{}", regular(&clinic).await.refund_bill);
    let refund = format!("{bill}/refunds/1");
    // The front desk asked for one: nobody else is offered to ask for another meanwhile.
    let page = clinic.get(&bill).browser(marta).expect(200).await.text();
    assert!(page.contains(&refund) && page.contains("To approve") && !page.contains("refunds/new"));
    assert!(clinic.get("/").browser(clerk).expect(200).await.text().contains("/billing/refunds"));
    assert!(clinic.get("/").browser(admin).expect(200).await.text().contains("A refund awaits approval."));
    let queue = clinic.get("/billing/refunds").browser(admin).expect(200).await.text();
    assert!(queue.contains(&refund) && queue.contains("Grace Hall") && !queue.contains("Kowalska"));
    let own = clinic.get(&refund).browser(clinic.the(Role::Receptionist)).expect(200).await.text();
    assert!(
        own.contains("You asked for this refund") && own.contains("/withdraw") && !own.contains("/approve")
    );
    let other = clinic.get(&refund).browser(marta).expect(200).await.text();
    assert!(
        other.contains("or an administrator decides on it")
            && !other.contains("<form method=\"post\" action=\"/billing")
    );
    let page = clinic.get(&refund).browser(clerk).expect(200).await.text();
    assert!(page.contains(&format!("{refund}/approve")) && page.contains(&format!("{refund}/decline")));
    // What is typed stays, with what to do beside it.
    let (approve, decline) = (format!("{refund}/approve"), format!("{refund}/decline"));
    let refused = clinic.post(&decline).browser(clerk).form(&[("version", "4"), ("reason", " ")]);
    assert!(refused.expect(422).await.text().contains("Enter why it is declined"));
    let stale = [("version", "3"), ("method", "cash")];
    let stale = clinic.post(&approve).browser(clerk).form(&stale).expect(409).await.text();
    assert!(stale.contains("This bill changed after you opened the page"));
    let given = clinic.post(&approve).browser(admin).form(&[("version", "4"), ("method", "cash")]);
    assert_eq!(given.expect(303).await.location(), format!("{refund}?notice=refund-approved"));
    let again = clinic.post(&approve).browser(clerk).form(&[("version", "5"), ("method", "cash")]);
    assert!(again.expect(409).await.text().contains("decided or withdrawn already"));
    let note = format!("{bill}/credit-notes/2026-0001");
    let page = clinic.get(&bill).browser(marta).expect(200).await.text();
    assert!(page.contains("Credit note 2026-0001") && page.contains("Partly refunded"));
    let page = clinic.get(&note).browser(marta).expect(200).await.text();
    for words in ["Credit note", "2026-0001", "£10.00", "£50.00", "Paid twice", "approved by Olivia Bennett"]
    {
        assert!(page.contains(words), "{words}");
    }
    clinic.get(&note).browser(admin).expect(403).await;
    clinic.get(&format!("{bill}/credit-notes/2026-0002")).browser(marta).expect(404).await;
}

#[tokio::test]
async fn nobody_approves_the_own_request_on_a_page() {
    let clinic = clinic().await;
    let (marta, clerk) = (clinic.the(Role::Patient), clinic.the(Role::Billing));
    let of = regular(&clinic).await;
    let bill = format!("/billing/{}", of.bill);
    // Nothing is paid yet.
    assert_eq!(clinic.get(&format!("{bill}/refunds/new")).browser(clerk).expect(303).await.location(), bill);
    let pay = [("version", "2"), ("amount", "60.00"), ("method", "card")];
    clinic.post(&format!("{bill}/pay")).browser(marta).form(&pay).expect(303).await;
    let ask = format!("{bill}/refunds/new");
    assert!(clinic.get(&bill).browser(clerk).expect(200).await.text().contains(&ask));
    let page = clinic.get(&ask).browser(clerk).expect(200).await.text();
    assert!(page.contains("value=\"60.00\""));
    let typed = [("version", "3"), ("amount", "60.01"), ("reason", "Paid <b>twice</b>")];
    let refused = clinic.post(&ask).browser(clerk).form(&typed).expect(422).await.text();
    assert!(refused.contains("no more than what was paid") && refused.contains("&lt;b&gt;twice&lt;/b&gt;"));
    let typed = [("version", "3"), ("amount", "12"), ("reason", "Paid <b>twice</b>")];
    let asked = clinic.post(&ask).browser(clerk).form(&typed).expect(303).await;
    assert_eq!(asked.location(), format!("{bill}/refunds/1?notice=refund-requested"));
    let own = [("version", "4"), ("method", "cash")];
    let own = clinic.post(&format!("{bill}/refunds/1/approve")).browser(clerk).form(&own).expect(409).await;
    assert!(own.text().contains("another person must decide on it. Nothing was changed."));
    let withdraw =
        clinic.post(&format!("{bill}/refunds/1/withdraw")).browser(clerk).form(&[("version", "4")]);
    assert_eq!(withdraw.expect(303).await.location(), format!("{bill}/refunds/1?notice=refund-withdrawn"));
    let all = clinic.get("/billing/refunds?show=all").browser(clerk).expect(200).await.text();
    assert!(all.contains("Withdrawn") && all.contains("Paid &lt;b&gt;twice"));
}
