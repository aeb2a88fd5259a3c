//! Making, listing and changing accounts.

use super::*;
use crate::patients::SearchPatients;

#[tokio::test]
async fn whoever_signs_up_is_a_patient_with_a_new_record_of_their_own() {
    let fixture = clinic().await;
    // The same name as a patient who exists: a name proves nothing.
    let form = SignUpForm {
        given_name: Some("Marta".to_owned()),
        family_name: Some("Kowalska".to_owned()),
        birth_date: Some("1985-03-27".to_owned()),
        ..sign_up_form("marta2", "marta2@example.org")
    };
    let id = fixture.services.sign_up(&nobody(), form).await.unwrap();
    let begun = sign_in(&fixture, "MARTA2@example.org", "a kettle in the garden").await.unwrap();
    assert_eq!((begun.user.id, begun.user.role), (id, Role::Patient));
    let actor = fixture.services.authenticate(begun.session.id, "test").await.unwrap();
    let profile = fixture.services.execute(&actor, ReadProfile {}).await.unwrap();
    let patient = profile.patient.unwrap();
    assert_ne!(patient.id, fixture.marta);
    assert_eq!(patient.user, Some(id));
    assert_eq!(patient.name.full(), "Marta Kowalska");
    assert_eq!(actor.patient(), Some(patient.id));
}

#[tokio::test]
async fn three_fields_are_enough_to_sign_up() {
    let fixture = clinic().await;
    fixture.services.sign_up(&nobody(), sign_up_form("john_doe", "john@example.com")).await.unwrap();
    let begun = sign_in(&fixture, "john_doe", "a kettle in the garden").await.unwrap();
    assert_eq!(begun.user.display_name, "john_doe");
}

#[tokio::test]
async fn every_field_refused_at_sign_up_is_named_at_once() {
    let fixture = clinic().await;
    let form = SignUpForm {
        username: String::new(),
        email: "none".to_owned(),
        password: "short".to_owned(),
        given_name: Some("Jane".to_owned()),
        family_name: Some(String::new()),
        birth_date: Some("2027-01-01".to_owned()),
        phone: Some("abc".to_owned()),
        invitation: None,
    };
    let errors = refused(fixture.services.sign_up(&nobody(), form).await.unwrap_err());
    let fields: Vec<_> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["username", "email", "password", "familyName", "birthDate", "phone"]);
    assert_eq!(errors.of("birthDate"), Some(&Code::DateInFuture("Date of birth")));
}

#[tokio::test]
async fn names_in_use_are_refused_whatever_their_case() {
    let fixture = clinic().await;
    let form = sign_up_form("Marta.Kowalska", "TOM.BAKER@example.org");
    let errors = refused(fixture.services.sign_up(&nobody(), form).await.unwrap_err());
    assert_eq!(errors.of("username"), Some(&Code::UsernameTaken));
    assert_eq!(errors.of("email"), Some(&Code::EmailTaken));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_sign_up_with_one_address_at_once_one_gets_it() {
    let fixture = clinic().await;
    let before = fixture.totals();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let services = fixture.services.clone();
        let form = sign_up_form(&format!("user{number}"), "same@example.org");
        tasks.spawn(async move { services.sign_up(&nobody(), form).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|made| *made).count(), 1);
    assert_eq!(fixture.totals().users, before.users + 1);
    assert_eq!(fixture.totals().patients, before.patients + 1);
}

#[tokio::test]
async fn another_name_leaves_the_sessions_alone() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    let name = Some("Marta Nowak".to_owned());
    let change = UpdateUser {
        id: actor.user().unwrap(),
        expected: None,
        role: None,
        status: None,
        display_name: name,
    };
    let user = fixture.services.execute(&fixture.admin, change).await.unwrap();
    assert_eq!(user.display_name, "Marta Nowak");
    assert!(is_signed_in(&fixture, actor.session().unwrap()).await);
}

#[tokio::test]
async fn of_two_edits_of_a_profile_the_second_is_told() {
    let fixture = clinic().await;
    let profile = fixture.services.execute(&fixture.patient, ReadProfile {}).await.unwrap();
    let edit = |name: &str, email: &str| EditProfileForm {
        expected: profile.user.version,
        display_name: name.to_owned(),
        email: email.to_owned(),
        password: Fixture::PASSWORD.to_owned(),
    };
    let save = |form| fixture.services.edit_profile(&fixture.patient, form);
    assert_eq!(refused(save(edit("", "x")).await.unwrap_err()).iter().count(), 2);
    let taken = save(edit("Marta", "tom.baker@example.org")).await.unwrap_err();
    assert_eq!(taken, ServiceError::field("email", Code::EmailTaken));
    save(edit("Marta N.", "marta@example.org")).await.unwrap();
    let second = save(edit("Marta K.", "marta@example.org")).await;
    assert_eq!(second, Err(ServiceError::Stale));
}

#[tokio::test]
async fn everyone_but_administrators_and_auditors_sees_only_the_own_account() {
    let fixture = clinic().await;
    let list = ListUsers { text: String::new(), role: None, page: PageRequest::first(100, Order::Ascending) };
    for role in Role::ALL {
        let actor = fixture.actor_for(role);
        let users = fixture.services.execute(actor, list.clone()).await.unwrap().items;
        let sees_all = matches!(role, Role::Admin | Role::Auditor);
        assert_eq!(users.len(), if sees_all { 9 } else { 1 }, "{role}");
        assert!(users.iter().any(|user| Some(user.id) == actor.user()));
    }
    let stranger = ReadUser { id: fixture.other_patient.user().unwrap() };
    let unknown = ReadUser { id: UserId(999) };
    let answers = (
        fixture.services.execute(&fixture.patient, stranger).await,
        fixture.services.execute(&fixture.patient, unknown).await,
    );
    assert_eq!(answers, (Err(ServiceError::NotFound), Err(ServiceError::NotFound)));
}

fn new_user(username: &str, role: &str) -> NewUserForm {
    NewUserForm {
        username: username.to_owned(),
        email: format!("{username}@example.org"),
        role: role.to_owned(),
        ..NewUserForm::default()
    }
}

#[tokio::test]
async fn a_made_account_gets_a_password_for_one_sign_in() {
    let fixture = clinic().await;
    let made = fixture.services.create_user(&fixture.admin, new_user("wren", "receptionist")).await.unwrap();
    let password = made.password.unwrap();
    assert!(password.len() >= 16);
    let begun = sign_in(&fixture, "wren", &password).await.unwrap();
    assert!(begun.user.must_change_password);
    let actor = fixture.services.authenticate(begun.session.id, "test").await.unwrap();
    assert!(actor.must_change_password());
    let search = || SearchPatients { text: String::new(), page: PageRequest::first(1, Order::Ascending) };
    assert_eq!(fixture.services.execute(&actor, search()).await.unwrap_err(), ServiceError::Forbidden);
    let new = "a kettle in the garden";
    let begun = fixture.services.change_password(&actor, change(&password, new, new)).await.unwrap();
    assert!(!begun.user.must_change_password);
    let actor = fixture.services.authenticate(begun.session.id, "test").await.unwrap();
    fixture.services.execute(&actor, search()).await.unwrap();
}

#[tokio::test]
async fn accounts_come_with_what_their_role_needs() {
    let fixture = clinic().await;
    let doctor =
        fixture.services.create_user(&fixture.admin, new_user("dr.wren", "doctor")).await.unwrap().id;
    let hours = crate::scheduling::ReadSchedule { doctor };
    assert_eq!(fixture.services.execute(&fixture.admin, hours).await.unwrap().doctor, doctor);
    let patient = fixture.services.create_user(&fixture.admin, new_user("pat", "patient")).await.unwrap().id;
    let user = fixture.services.execute(&fixture.admin, ReadUser { id: patient }).await.unwrap();
    assert!(user.patient.is_some());
}

#[tokio::test]
async fn a_new_accounts_fields_are_checked_and_only_administrators_make_one() {
    let fixture = clinic().await;
    let form =
        NewUserForm { email: "x".to_owned(), password: Some("short".to_owned()), ..new_user("", "chief") };
    let errors = refused(fixture.services.create_user(&fixture.admin, form.clone()).await.unwrap_err());
    let fields: Vec<_> = errors.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["username", "email", "role", "password"]);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let answer = fixture.services.create_user(fixture.actor_for(role), form.clone()).await;
        assert_eq!(answer.unwrap_err(), ServiceError::Forbidden, "{role}");
    }
    let nobody = fixture.services.create_user(&nobody(), form).await;
    assert_eq!(nobody.unwrap_err(), ServiceError::Unauthenticated);
}

#[tokio::test]
async fn a_reset_password_ends_the_sessions_and_must_be_changed() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    let id = actor.user().unwrap();
    let password = fixture.services.reset_password(&fixture.admin, id).await.unwrap();
    assert!(!is_signed_in(&fixture, actor.session().unwrap()).await);
    assert!(sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.is_err());
    assert!(sign_in(&fixture, "marta.kowalska", &password).await.unwrap().user.must_change_password);
    let unknown = fixture.services.reset_password(&fixture.admin, UserId(999)).await;
    assert_eq!(unknown, Err(ServiceError::NotFound));
    assert_eq!(fixture.services.reset_password(&fixture.nurse, id).await, Err(ServiceError::Forbidden));
}

#[tokio::test]
async fn the_last_administrator_stays_and_nobody_changes_their_own_rights() {
    let fixture = clinic().await;
    let own = fixture.admin.user().unwrap();
    let last = Err(ServiceError::Conflict(ConflictKind::LastAdmin));
    for actor in [&fixture.admin, &Actor::system("test")] {
        assert_eq!(update(&fixture, actor, own, Some(Role::Nurse), None).await, last);
        assert_eq!(update(&fixture, actor, own, None, Some(UserStatus::Disabled)).await, last);
    }
    let second = fixture.services.create_user(&fixture.admin, new_user("wren", "admin")).await.unwrap().id;
    let answer = update(&fixture, &fixture.admin, own, Some(Role::Nurse), None).await;
    assert_eq!(answer, Err(ServiceError::Conflict(ConflictKind::OwnAccount)));
    update(&fixture, &fixture.admin, second, None, Some(UserStatus::Disabled)).await.unwrap();
    assert_eq!(update(&fixture, &Actor::system("test"), own, Some(Role::Nurse), None).await, last);
}

#[tokio::test]
async fn an_update_of_an_older_version_is_told() {
    let fixture = clinic().await;
    let id = fixture.patient.user().unwrap();
    let seen = fixture.services.execute(&fixture.admin, ReadUser { id }).await.unwrap().version;
    update(&fixture, &fixture.admin, id, Some(Role::Nurse), None).await.unwrap();
    let late =
        UpdateUser { id, expected: Some(seen), role: Some(Role::Doctor), status: None, display_name: None };
    assert_eq!(fixture.services.execute(&fixture.admin, late).await, Err(ServiceError::Stale));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_is_made_once() {
    let fixture = empty_clinic().await;
    assert!(fixture.services.needs_set_up().await);
    let form = |number: u8| SetUpForm {
        username: format!("admin{number}"),
        email: format!("admin{number}@example.org"),
        password: "a kettle in the garden".to_owned(),
    };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (services, form) = (fixture.services.clone(), form(number));
        tasks.spawn(async move { services.set_up_admin(&nobody(), form).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let done = Err(ServiceError::Conflict(ConflictKind::SetUpDone));
    assert_eq!(answers.into_iter().filter(|answer| *answer == done).count(), 7);
    assert!(!fixture.services.needs_set_up().await);
}
