//! Tests of what only the inside knows: every statement is one that a real server understands.

use super::schema;
use super::sql::{self, Builder, Condition, Sort, TABLES};
use crate::Order;
use crate::conformance::scratch::{Scratch, server};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

async fn connection() -> (PgConnection, Scratch) {
    let server =
        server().expect("TEST_DATABASE_URL names a PostgreSQL server: scripts/postgres.sh starts one");
    let scratch = Scratch::new(&server).await;
    (PgConnection::connect(&scratch.url()).await.unwrap(), scratch)
}

async fn understands(connection: &mut PgConnection, statement: &str) {
    let prepared = connection.prepare(AssertSqlSafe(statement.to_owned()).into_sql_str()).await;
    assert!(prepared.is_ok(), "{statement}\n{}", prepared.err().unwrap());
}

use sqlx::SqlSafeStr as _;

#[tokio::test]
async fn postgres_understands_every_statement() {
    let (mut connection, _scratch) = connection().await;
    for statement in sql::STATEMENTS {
        understands(&mut connection, statement).await;
    }
    for table in TABLES {
        for statement in [table.select, table.count, table.insert, table.update] {
            understands(&mut connection, statement).await;
        }
    }
}

/// The conditions and orders that each table is asked by.
fn parts() -> Vec<(&'static str, Vec<Condition>, Vec<Sort>)> {
    use Condition as C;
    vec![
        (
            sql::USERS.select,
            vec![C::Id, C::IdAmong, C::Email, C::Username, C::Role, C::AccountText],
            vec![Sort::Id],
        ),
        (
            sql::SESSIONS.select,
            vec![C::RandomId, C::RandomIdAmong, C::User, C::NotRevoked, C::ExpiresAfter],
            vec![Sort::Begun],
        ),
        (
            sql::PATIENTS.select,
            vec![C::RandomId, C::RandomIdAmong, C::Mrn, C::User, C::SearchText, C::FullName, C::BirthDate],
            vec![Sort::Name],
        ),
        (sql::SCHEDULES.select, vec![C::Id, C::IdAmong], vec![Sort::Id]),
        (
            sql::APPOINTMENTS.select,
            vec![
                C::Id,
                C::IdAmong,
                C::Doctor,
                C::Patient,
                C::Unlinked,
                C::StartsFrom,
                C::StartsUntil,
                C::Status,
                C::StatusAmong,
            ],
            vec![Sort::Id, Sort::Start],
        ),
        (
            sql::RECORDS.select,
            vec![
                C::Id,
                C::IdAmong,
                C::Patient,
                C::PatientAmong,
                C::PatientAmongOrNone,
                C::KindAmong,
                C::Author,
                C::UnsignedBy,
                C::Visible,
                C::Appointment,
            ],
            vec![Sort::Id],
        ),
        (
            sql::INVOICES.select,
            vec![
                C::Id,
                C::IdAmong,
                C::Patient,
                C::Appointment,
                C::AppointmentAmong,
                C::Status,
                C::StatusAmong,
                C::Issued,
                C::PaidFrom,
                C::PaidUntil,
                C::PaidBetween,
                C::RefundedBetween,
                C::RefundWaits,
                C::HasRefunds,
            ],
            vec![Sort::Id],
        ),
        (
            sql::AUDIT,
            vec![
                C::Actor,
                C::NotActor,
                C::Request,
                C::Patient,
                C::ActionAmong,
                C::Outcome,
                C::From,
                C::Until,
            ],
            vec![Sort::Place],
        ),
    ]
}

#[tokio::test]
async fn postgres_understands_every_list() {
    let (mut connection, _scratch) = connection().await;
    for (head, conditions, sorts) in parts() {
        for sort in sorts {
            for order in [Order::Ascending, Order::Descending] {
                let mut list = Builder::new(head);
                for condition in &conditions {
                    list.condition(*condition, *condition == Condition::AccountText);
                }
                list.after(sort, order);
                list.page(sort, order, true);
                understands(&mut connection, &list.finish()).await;
            }
        }
    }
}

#[tokio::test]
async fn a_schema_that_was_taken_further_refuses_this_program_only_when_it_must() {
    let (mut connection, _scratch) = connection().await;
    // A newer version added something: this one goes on beside it.
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (999, 'newer', true, '\\x00', 1)";
    connection.execute(newer).await.unwrap();
    assert_eq!(schema::check(&mut connection, true).await, Ok(()));
    // It took something away.
    connection.execute("UPDATE compatibility SET needs = 999").await.unwrap();
    let refused = schema::check(&mut connection, true).await;
    assert_eq!(refused, Err(super::OpenError::TooNew { needs: 999, newest: schema::newest() }));
}
