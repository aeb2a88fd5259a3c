//! `/set-up`: the first administrator, by a link that works once.

use crate::harness::{Clinic, clinic_to_set_up, empty_clinic};
use serde_json::json;

const TOKEN: &str = "k3v9x7q2";

async fn set_up(clinic: &Clinic, token: &str, password: &str) -> u16 {
    let form =
        [("token", token), ("username", "olivia"), ("email", "olivia@example.org"), ("password", password)];
    clinic.post("/set-up").form(&form).send().await.status.as_u16()
}

#[tokio::test]
async fn the_link_makes_the_first_administrator_once() {
    let clinic = clinic_to_set_up(TOKEN).await;
    let page = clinic.get(&format!("/set-up?token={TOKEN}")).expect(200).await;
    assert!(page.text().contains("<form"));
    assert_eq!(set_up(&clinic, TOKEN, "short").await, 422);
    assert_eq!(set_up(&clinic, TOKEN, "lemon trees at noon").await, 303);
    let body = json!({"email": "olivia", "password": "lemon trees at noon"});
    let session = clinic.post("/api/login").json(body).expect(200).await.json();
    assert_eq!(session["role"], "admin");
    clinic.get(&format!("/set-up?token={TOKEN}")).expect(404).await;
    assert_eq!(set_up(&clinic, TOKEN, "lemon trees at noon").await, 404);
}

#[tokio::test]
async fn without_the_token_there_is_no_such_page() {
    let clinic = clinic_to_set_up(TOKEN).await;
    for path in ["/set-up", "/set-up?token=", "/set-up?token=k3v9x7q", "/set-up?token=K3V9X7Q2"] {
        clinic.get(path).expect(404).await;
    }
    assert_eq!(set_up(&clinic, "", "lemon trees at noon").await, 404);
    let empty = empty_clinic().await;
    assert_eq!(set_up(&empty, "", "lemon trees at noon").await, 404);
}
