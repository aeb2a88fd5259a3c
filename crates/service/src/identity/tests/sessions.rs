//! Signing in, passwords, and when sessions end.

use super::*;

#[tokio::test]
async fn unknown_disabled_and_wrong_are_answered_alike() {
    let fixture = clinic().await;
    update(&fixture, &fixture.admin, fixture.other_patient.user().unwrap(), None, Some(UserStatus::Disabled))
        .await
        .unwrap();
    let expected = ServiceError::field("password", Code::CredentialsWrong);
    for (login, password) in [
        ("nobody@example.org", Fixture::PASSWORD),
        ("marta.kowalska", "wrong"),
        ("tom.baker", Fixture::PASSWORD),
    ] {
        assert_eq!(sign_in(&fixture, login, password).await.unwrap_err(), expected, "{login}");
    }
    let tried: Vec<_> =
        fixture.audit().await.into_iter().filter(|event| event.event.action == Action::SignIn).collect();
    assert_eq!(tried.len(), 3);
    assert!(tried.iter().all(|event| event.event.outcome == AuditOutcome::Failed));
    assert!(tried.iter().all(|event| event.event.actor.is_none() && event.event.actor_name == "Nobody"));
    assert_eq!(tried[0].event.subject, "unknown account");
    assert_eq!(tried[1].event.subject, format!("user {}", fixture.patient.user().unwrap()));
}

#[tokio::test]
async fn an_empty_sign_in_names_both_fields() {
    let fixture = clinic().await;
    let errors = refused(sign_in(&fixture, " ", "").await.unwrap_err());
    assert_eq!(errors.of("login"), Some(&Code::LoginMissing));
    assert_eq!(errors.of("password"), Some(&Code::PasswordMissing));
}

#[tokio::test]
async fn a_sign_in_is_written_down_with_the_account() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.action, event.outcome), (Action::SignIn, AuditOutcome::Success));
    assert_eq!(event.subject, format!("user {}", actor.user().unwrap()));
    // Nobody asked; it was done by the owner of the account.
    assert_eq!((event.actor, event.role), (actor.user(), Some(Role::Patient)));
    assert_eq!((event.actor_name.as_str(), event.request_id.is_empty()), ("Marta Kowalska", false));
}

#[tokio::test]
async fn a_cheap_hash_is_renewed_when_its_owner_signs_in() {
    let fixture = clinic().await;
    let dear = crate::Passwords::new(5, 1, 8);
    let mut services = fixture.services.clone();
    services.passwords = dear.clone();
    let form = || SignInForm {
        login: "marta.kowalska".to_owned(),
        password: Fixture::PASSWORD.to_owned(),
        label: String::new(),
        device: Device::Program,
    };
    let first = services.sign_in(&nobody(), form()).await.unwrap().session().unwrap();
    assert!(!dear.is_weaker(&first.user.password_hash));
    assert!(services.authenticate(first.session.id, "test").await.is_ok());
    let second = services.sign_in(&nobody(), form()).await.unwrap().session().unwrap();
    assert_eq!(second.user.password_hash, first.user.password_hash);
}

#[tokio::test]
async fn a_session_ends_when_unused_and_at_the_latest_after_its_absolute_life() {
    let fixture = clinic().await;
    let idle = marta(&fixture).await.session().unwrap();
    let limit = SessionLimits::default().idle;
    fixture.clock.advance(limit - SignedDuration::from_secs(1));
    assert!(is_signed_in(&fixture, idle).await);
    fixture.clock.advance(limit - SignedDuration::from_secs(1));
    assert!(is_signed_in(&fixture, idle).await, "its use was noted");
    fixture.clock.advance(limit);
    assert!(!is_signed_in(&fixture, idle).await);

    let busy = marta(&fixture).await.session().unwrap();
    let step = SignedDuration::from_mins(12);
    for _ in 0..59 {
        fixture.clock.advance(step);
        assert!(is_signed_in(&fixture, busy).await);
    }
    fixture.clock.advance(step);
    assert!(!is_signed_in(&fixture, busy).await);
}

#[tokio::test]
async fn whoever_signs_out_is_out() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    fixture.services.execute(&actor, SignOut {}).await.unwrap();
    assert!(!is_signed_in(&fixture, actor.session().unwrap()).await);
    assert!(!is_signed_in(&fixture, SessionId(1)).await);
}

#[tokio::test]
async fn a_disabled_users_sessions_are_dead_at_once_and_stay_so() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    let (id, session) = (actor.user().unwrap(), actor.session().unwrap());
    update(&fixture, &fixture.admin, id, None, Some(UserStatus::Disabled)).await.unwrap();
    assert!(!is_signed_in(&fixture, session).await);
    update(&fixture, &fixture.admin, id, None, Some(UserStatus::Active)).await.unwrap();
    assert!(!is_signed_in(&fixture, session).await);
}

#[tokio::test]
async fn another_role_ends_the_sessions() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    update(&fixture, &fixture.admin, actor.user().unwrap(), Some(Role::Nurse), None).await.unwrap();
    assert!(!is_signed_in(&fixture, actor.session().unwrap()).await);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_keeps_its_owner_signed_in() {
    let fixture = clinic().await;
    let (here, elsewhere) = (marta(&fixture).await, marta(&fixture).await);
    let new = "a kettle in the garden";
    let begun = fixture.services.change_password(&here, change(Fixture::PASSWORD, new, new)).await.unwrap();
    assert!(is_signed_in(&fixture, begun.session.id).await);
    assert_eq!(begun.session.label, "Test");
    assert!(!is_signed_in(&fixture, here.session().unwrap()).await);
    assert!(!is_signed_in(&fixture, elsewhere.session().unwrap()).await);
    assert!(sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.is_err());
    assert!(sign_in(&fixture, "marta.kowalska", new).await.is_ok());
}

#[tokio::test]
async fn a_password_change_names_what_is_wrong_and_changes_nothing() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    let new = "a kettle in the garden";
    for (form, field, code) in [
        (change("", new, new), "current", Code::PasswordMissing),
        (change("wrong", new, new), "current", Code::PasswordWrong),
        (change(Fixture::PASSWORD, "short", "short"), "new", Code::PasswordTooShort(8)),
        (change(Fixture::PASSWORD, "marta.kowalska", "marta.kowalska"), "new", Code::PasswordFromNames),
        (change(Fixture::PASSWORD, new, "other"), "repeat", Code::PasswordsDiffer),
    ] {
        let errors = refused(fixture.services.change_password(&actor, form).await.unwrap_err());
        assert_eq!(errors.of(field), Some(&code));
    }
    assert!(is_signed_in(&fixture, actor.session().unwrap()).await);
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.action, event.outcome), (Action::EditProfile, AuditOutcome::Failed));
}

#[tokio::test]
async fn the_same_letters_composed_differently_are_one_password() {
    let fixture = clinic().await;
    let actor = marta(&fixture).await;
    let composed = "caf\u{e9} by the harbour";
    fixture.services.change_password(&actor, change(Fixture::PASSWORD, composed, composed)).await.unwrap();
    assert!(sign_in(&fixture, "marta.kowalska", "cafe\u{301} by the harbour").await.is_ok());
}

#[tokio::test]
async fn a_profile_lists_live_sessions_only_and_ends_only_its_own() {
    let fixture = clinic().await;
    let (one, two) = (marta(&fixture).await, marta(&fixture).await);
    let stranger = sign_in(&fixture, "tom.baker", Fixture::PASSWORD).await.unwrap().session.id;
    let end = |session| fixture.services.end_own_sessions(&one, Ending::One(session), Fixture::PASSWORD);
    end(two.session().unwrap()).await.unwrap();
    assert!(!is_signed_in(&fixture, two.session().unwrap()).await);
    assert_eq!(end(stranger).await, Err(ServiceError::NotFound));
    assert_eq!(end(SessionId(1)).await, Err(ServiceError::NotFound));
    assert!(is_signed_in(&fixture, stranger).await);
    let profile = fixture.services.execute(&one, ReadProfile {}).await.unwrap();
    assert_eq!(
        profile.sessions.iter().map(|session| session.id).collect::<Vec<_>>(),
        [one.session().unwrap()]
    );
}

#[tokio::test]
async fn a_hash_of_the_old_system_signs_in() {
    let fixture = clinic().await;
    let hash = fixture.services.passwords.hash(PasswordPlain::offered("password1").unwrap()).await.unwrap();
    let old = PasswordHash::new(hash.expose().replacen("$2b$", "$2a$", 1));
    let id = fixture.patient.user().unwrap();
    fixture
        .store(move |tx| {
            let old = old.clone();
            Box::pin(async move {
                let mut user = tx.users().lookup(&UserKey::Id(id)).await?.unwrap();
                user.value.password_hash = old;
                tx.users().update(user.version, user.value).await
            })
        })
        .await;
    assert!(sign_in(&fixture, "marta.kowalska@example.org", "password1").await.is_ok());
}

#[tokio::test]
async fn what_nobody_waits_for_keeps_no_session_alive() {
    let fixture = clinic().await;
    let session = marta(&fixture).await.session().unwrap();
    let limit = SessionLimits::default().idle;
    fixture.clock.advance(limit - SignedDuration::from_secs(1));
    let actor = fixture.services.authenticate_unattended(session, "test").await.unwrap();
    assert_eq!(
        actor.session_in_use().unwrap().idle_end,
        fixture.services.now() + SignedDuration::from_secs(1)
    );
    fixture.clock.advance(SignedDuration::from_secs(1));
    assert!(!is_signed_in(&fixture, session).await);
}

#[tokio::test]
async fn other_limits_end_sessions_at_other_times() {
    let fixture = clinic().await;
    let limits =
        SessionLimits { idle: SignedDuration::from_mins(5), absolute: SignedDuration::from_hours(1) };
    let services = fixture.services.clone().with_session_limits(limits);
    let form = SignInForm {
        login: "marta.kowalska".to_owned(),
        password: Fixture::PASSWORD.to_owned(),
        ..SignInForm::default()
    };
    let begun = services.sign_in(&nobody(), form).await.unwrap().session().unwrap().session;
    assert_eq!(begun.expires_at, begun.created_at + limits.absolute);
    fixture.clock.advance(SignedDuration::from_mins(5));
    let ended = services.authenticate(begun.id, "test").await.unwrap_err();
    assert_eq!(ended, ServiceError::Unauthenticated);
}

#[tokio::test]
async fn all_sessions_end_at_once_for_their_owner_and_by_an_administrator() {
    let fixture = clinic().await;
    let (here, elsewhere) = (marta(&fixture).await, marta(&fixture).await);
    fixture.services.end_own_sessions(&here, Ending::Others, Fixture::PASSWORD).await.unwrap();
    assert!(is_signed_in(&fixture, here.session().unwrap()).await);
    assert!(!is_signed_in(&fixture, elsewhere.session().unwrap()).await);
    let user = here.user().unwrap();
    fixture.services.execute(&fixture.admin, EndSessionsOf { user }).await.unwrap();
    assert!(!is_signed_in(&fixture, here.session().unwrap()).await);
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.action, event.reason.as_str()), (Action::ManageUsers, "all sessions ended"));
    assert_eq!(event.subject, format!("user {user}"));
    let unknown = EndSessionsOf { user: UserId(9999) };
    assert_eq!(fixture.services.execute(&fixture.admin, unknown).await, Err(ServiceError::NotFound));
}

#[tokio::test]
async fn sessions_end_for_whoever_knows_the_password_and_guesses_are_counted() {
    let fixture = clinic().await;
    let (here, elsewhere) = (marta(&fixture).await, marta(&fixture).await);
    let other = elsewhere.session().unwrap();
    for ending in [Ending::One(other), Ending::Others, Ending::All] {
        for (typed, code) in [("", Code::PasswordMissing), ("not this one", Code::PasswordWrong)] {
            let errors = refused(fixture.services.end_own_sessions(&here, ending, typed).await.unwrap_err());
            assert_eq!(errors.of("password"), Some(&code), "{ending:?}");
        }
    }
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.action, event.outcome), (Action::EditProfile, AuditOutcome::Failed));
    for _ in 0..2 {
        refused(fixture.services.end_own_sessions(&here, Ending::All, "not this one").await.unwrap_err());
    }
    let right = fixture.services.end_own_sessions(&here, Ending::All, Fixture::PASSWORD).await;
    assert!(matches!(right, Err(ServiceError::RateLimited(_))), "{right:?}");
    assert!(is_signed_in(&fixture, here.session().unwrap()).await && is_signed_in(&fixture, other).await);
}

#[tokio::test]
async fn staff_whose_password_is_shorter_than_new_ones_still_sign_in() {
    let fixture = clinic().await;
    let hash = fixture.services.passwords.hash(PasswordPlain::offered("rainy86g").unwrap()).await.unwrap();
    let id = fixture.nurse.user().unwrap();
    fixture
        .store(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                let mut user = tx.users().lookup(&UserKey::Id(id)).await?.unwrap();
                user.value.password_hash = hash;
                tx.users().update(user.version, user.value).await
            })
        })
        .await;
    let begun = sign_in(&fixture, "nina.okafor", "rainy86g").await.unwrap();
    let nurse = fixture.services.authenticate(begun.session.id, "test").await.unwrap();
    let short = change("rainy86g", "cloudy97h", "cloudy97h");
    let errors = refused(fixture.services.change_password(&nurse, short).await.unwrap_err());
    assert_eq!(errors.of("new"), Some(&Code::PasswordTooShort(15)));
}

#[tokio::test]
async fn a_broken_hash_opens_nothing_and_breaks_nothing() {
    let fixture = clinic().await;
    let id = fixture.nurse.user().unwrap();
    for broken in [
        "",
        "$2b$",
        "plain text",
        "$2b$99$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\u{1f4a5}",
    ] {
        fixture
            .store(move |tx| {
                Box::pin(async move {
                    let mut user = tx.users().lookup(&UserKey::Id(id)).await?.unwrap();
                    user.value.password_hash = PasswordHash::new(broken);
                    tx.users().update(user.version, user.value).await
                })
            })
            .await;
        let expected = ServiceError::field("password", Code::CredentialsWrong);
        assert_eq!(
            sign_in(&fixture, "nina.okafor", Fixture::PASSWORD).await.unwrap_err(),
            expected,
            "{broken}"
        );
    }
    assert!(sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.is_ok());
}
