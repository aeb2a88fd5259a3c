//! What a clinic can offer, and what it cannot.

use super::*;
use jiff::civil::date;

#[test]
fn what_a_new_clinic_starts_with_is_sound() {
    assert_eq!(Catalogue::standard().validate(), Ok(()));
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |change: fn(&mut Catalogue)| {
        let mut catalogue = Catalogue::standard();
        change(&mut catalogue);
        catalogue.validate().expect_err("refused")
    };
    assert!(matches!(
        refused(|it| it.visit_types[1].code = "consultation".into()),
        InvalidCatalogue::Code("visitTypes", _)
    ));
    assert!(matches!(
        refused(|it| it.visit_types[1].code = "Two words".into()),
        InvalidCatalogue::Code("visitTypes", _)
    ));
    assert!(matches!(refused(|it| it.visit_types[0].minutes = 4), InvalidCatalogue::VisitType(_)));
    assert_eq!(refused(|it| it.visit_types[0].name = " ".into()), InvalidCatalogue::Name("visitTypes"));
    assert_eq!(refused(|it| it.rules.horizon_days = 0), InvalidCatalogue::Rule("horizonDays", 1, 730));
    let turned = |it: &mut Catalogue| {
        let (from, until) = (date(2026, 12, 26), date(2026, 12, 25));
        it.holidays.push(Holiday { from, until, name: "Christmas".into() });
    };
    assert_eq!(refused(turned), InvalidCatalogue::Holiday);
}

#[test]
fn what_appointments_may_name_stays() {
    let (before, mut after) = (Catalogue::standard(), Catalogue::standard());
    after.visit_types.remove(0);
    assert!(matches!(after.keeps(&before), Err(InvalidCatalogue::Gone("visitTypes", _))));
    assert_eq!(before.keeps(&after), Ok(()));
}

#[test]
fn prices_are_told_from_the_rest() {
    let before = Catalogue::standard();
    let mut dearer = before.clone();
    dearer.visit_types[0].price_minor += 1;
    assert!(dearer.changes_prices(&before) && !dearer.changes_more_than_prices(&before));
    let mut longer = before.clone();
    longer.visit_types[0].minutes += 5;
    assert!(!longer.changes_prices(&before) && longer.changes_more_than_prices(&before));
}
