//! Two hundred people at the counters of four servers want the same times of one doctor: each time is given once, and all
//! servers say the same of it.

use super::run;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PASSWORD: &str = "summer hats by the door";
const BOOKERS: usize = 200;
const TIMES: usize = 8;

/// A server in a process of its own; it ends with the test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_healthcare"))
            .args(["serve", "--addr", "127.0.0.1:0"])
            .env("DATA_DIR", directory)
            .env("JWT_SECRET", "the four servers of this test know this secret")
            .envs([("COOKIE_SECURE", "false"), ("RATE_LIMIT_PER_SECOND", "0"), ("DRAIN_SECONDS", "0")])
            .envs([("CLINIC_TIME_ZONE", "Europe/London"), ("RUST_LOG", "warn")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|line| Some(line.unwrap().split_once("is open at http://")?.1.to_owned()));
        Self { process, address: address.unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// One request on a connection of its own: status and JSON.
async fn call(address: &str, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, Value) {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// A demonstration clinic; the name of who works at its front desk.
fn clinic(directory: &Path) -> String {
    let password = directory.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let data = directory.join("data");
    let seeded = run(&data, &["seed-demo", "--password-file", password.to_str().unwrap()]);
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    let users = String::from_utf8(run(&data, &["user", "list"]).stdout).unwrap();
    let desk = users.lines().find(|line| line.to_lowercase().contains(" receptionist ")).unwrap();
    desk.split_whitespace().nth(3).unwrap().to_owned()
}

/// The first of the coming days on which a doctor has enough free times, all of a day.
async fn free_times(address: &str, token: &str) -> (u64, Vec<String>) {
    let (_, days) = call(address, "GET", "/api/slots?days=30&type=consultation", token, None).await;
    let mut of: BTreeMap<(String, u64), Vec<String>> = BTreeMap::new();
    for day in days.as_array().unwrap().iter().skip(2) {
        for slot in day["slots"].as_array().unwrap() {
            let key = (day["date"].as_str().unwrap().to_owned(), slot["doctorId"].as_u64().unwrap());
            of.entry(key).or_default().push(slot["start"].as_str().unwrap().to_owned());
        }
    }
    let ((_, doctor), mut starts) = of.into_iter().find(|(_, starts)| starts.len() >= TIMES).unwrap();
    starts.truncate(TIMES);
    (doctor, starts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_bookers_at_four_servers_book_each_time_once() {
    let directory = tempfile::tempdir().unwrap();
    let login = clinic(directory.path());
    let data = directory.path().join("data");
    let servers: Vec<_> = (0..4).map(|_| Server::start(&data)).collect();
    let addresses: Arc<Vec<String>> = Arc::new(servers.iter().map(|it| it.address.clone()).collect());
    let body = json!({"email": login, "password": PASSWORD});
    let (_, signed_in) = call(&addresses[0], "POST", "/api/login", "", Some(body)).await;
    let token = signed_in["token"].as_str().unwrap().to_owned();
    let (doctor, times) = free_times(&addresses[1], &token).await;
    let (_, patients) = call(&addresses[2], "GET", "/api/patients?limit=100", &token, None).await;
    let patients: Vec<String> =
        patients.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();

    let mut bookers = tokio::task::JoinSet::new();
    for number in 0..BOOKERS {
        let (addresses, token, times) = (addresses.clone(), token.clone(), times.clone());
        let patient = patients[number % patients.len()].clone();
        bookers.spawn(async move {
            let mut answers = Vec::new();
            for step in 0..TIMES {
                let start = &times[(number + step) % TIMES];
                let wish = json!({
                    "patientId": patient, "doctorId": doctor, "start": start, "visitType": "consultation",
                });
                let server = &addresses[(number + step) % addresses.len()];
                let (status, answer) = call(server, "POST", "/api/appointments", &token, Some(wish)).await;
                answers.push((start.clone(), status, answer["id"].as_u64()));
            }
            answers
        });
    }
    let answers: Vec<_> = bookers.join_all().await.into_iter().flatten().collect();
    assert_eq!(answers.len(), BOOKERS * TIMES);
    let odd: Vec<_> = answers.iter().filter(|(_, status, _)| !matches!(status, 201 | 409)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let mut given: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (start, _, id) in answers.iter().filter(|(_, status, _)| *status == 201) {
        given.entry(start).or_default().push(id.unwrap());
    }
    assert!(given.len() == TIMES && given.values().all(|ids| ids.len() == 1), "{given:?}");
    for address in addresses.iter() {
        for id in given.values().flatten() {
            let (status, stored) =
                call(address, "GET", &format!("/api/appointments/{id}"), &token, None).await;
            assert_eq!((status, stored["status"].as_str()), (200, Some("booked")), "{stored}");
        }
    }
    drop(servers);
    let verified = run(&data, &["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
