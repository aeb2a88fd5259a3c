//! The script that shows the old contract to an operator, against a real socket.

use crate::harness::{PASSWORD, clinic};
use domain::Role;
use std::path::Path;
use std::process::Command;
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_of_the_old_contract_finds_no_deviation() {
    let clinic = clinic().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, clinic.router.clone()).into_future());
    let admin = clinic.the(Role::Admin).username.clone();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy-contract.sh");
    let kind = clinic.state.services.storage_status().kind;
    let run = move || {
        Command::new("bash")
            .arg(script)
            .env("BASE_URL", format!("http://{address}"))
            .env("ADMIN_LOGIN", admin)
            .env("ADMIN_PASSWORD", PASSWORD)
            .env("VISIT_DATE", "2026-12-15")
            .env("STORAGE", kind)
            .output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    server.abort();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 22, "{said}");
}
