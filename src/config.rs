//! Settings: flags and environment variables of the same name, typed, checked at start with every mistake listed.

use crate::assignment::AssignmentArgs;
use crate::audit_key::AuditKeyArgs;
use crate::database::DatabaseArgs;
use crate::mail::MailArgs;
use crate::web::client_address::TrustedProxies;
use clap::{Args, ValueEnum};
use domain::role::UnknownRole;
use domain::{ClinicZone, Currency, Email, PasswordPlain, Role, SessionLimits, Username};
use jiff::SignedDuration;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A setting that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Some of the roles, in the order of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(pub Vec<Role>);

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut named = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "staff" => named.extend(Role::ALL.into_iter().filter(|role| role.is_staff())),
                name => named
                    .push(name.parse().map_err(|error: UnknownRole| format!("{name}: {error}, or staff"))?),
            }
        }
        Ok(Self(Role::ALL.into_iter().filter(|role| named.contains(role)).collect()))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|role| role.name()).collect::<Vec<_>>().join(","))
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For a terminal.
    Human,
    /// One JSON object a line, for collectors.
    Json,
}

/// Where the data are and what the clinic is; every sub-command that opens the store needs them.
#[derive(Args, Clone, Debug)]
pub struct StoreArgs {
    /// Directory of the clinic's data; made if it is missing
    #[arg(long, env = "DATA_DIR", default_value = "./data", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Name of the clinic, on every page and receipt
    #[arg(long, env = "CLINIC_NAME", default_value = "Northgate Health", value_name = "NAME")]
    pub clinic_name: String,
    /// IANA time zone of the clinic
    #[arg(long, env = "CLINIC_TIME_ZONE", default_value = "Europe/London", value_name = "ZONE", value_parser = zone)]
    pub clinic_time_zone: ClinicZone,
    /// ISO 4217 currency of bills
    #[arg(long, env = "CLINIC_CURRENCY", default_value = "GBP", value_name = "CODE", value_parser = currency)]
    pub clinic_currency: Currency,
    /// Days for which any moment can be restored
    #[arg(long, env = "ARCHIVE_DAYS", default_value_t = 35, value_name = "DAYS")]
    pub archive_days: u16,
    /// How log lines look
    #[arg(long, env = "LOG_FORMAT", default_value = "human", value_enum)]
    pub log_format: LogFormat,
    /// The database, if the data lie in one.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// Settings of `serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Data and clinic.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Address and port to listen on
    #[arg(long, env = "ADDR", default_value = "127.0.0.1:3000", value_name = "ADDRESS")]
    pub addr: SocketAddr,
    /// Address and port for figures in the format of Prometheus (GET /metrics); none without it
    #[arg(long, env = "METRICS_ADDR", value_name = "ADDRESS")]
    pub metrics_addr: Option<SocketAddr>,
    /// Secret that signs session tokens, at least 32 bytes; generated into the data directory if neither is given
    #[arg(long, env = "JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret: Option<Secret>,
    /// File that holds the secret
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "FILE", conflicts_with = "jwt_secret")]
    pub jwt_secret_file: Option<PathBuf>,
    /// Secret that signed session tokens before and still verifies them; remove it once they have ended
    #[arg(long, env = "JWT_SECRET_PREVIOUS", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret_previous: Option<Secret>,
    /// File that holds the previous secret
    #[arg(
        long,
        env = "JWT_SECRET_PREVIOUS_FILE",
        value_name = "FILE",
        conflicts_with = "jwt_secret_previous"
    )]
    pub jwt_secret_previous_file: Option<PathBuf>,
    /// Minutes without use after which a session ends
    #[arg(long, env = "SESSION_IDLE_MINUTES", default_value_t = 15, value_name = "MINUTES",
          value_parser = clap::value_parser!(u16).range(5..=720))]
    pub session_idle_minutes: u16,
    /// Hours after which a session ends, however much it is used
    #[arg(long, env = "SESSION_HOURS", default_value_t = 12, value_name = "HOURS",
          value_parser = clap::value_parser!(u16).range(1..=24))]
    pub session_hours: u16,
    /// How long patients are assigned to those who see them.
    #[command(flatten)]
    pub assignment: AssignmentArgs,
    /// The key of the audit log's anchors.
    #[command(flatten)]
    pub audit_key: AuditKeyArgs,
    /// E-mail address of the first administrator, made on an empty store
    #[arg(long, env = "ADMIN_EMAIL", value_name = "EMAIL")]
    pub admin_email: Option<String>,
    /// Username of the first administrator
    #[arg(long, env = "ADMIN_USERNAME", default_value = "admin", value_name = "NAME")]
    pub admin_username: String,
    /// Password of the first administrator
    #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub admin_password: Option<Secret>,
    /// Roles that need two-step sign-in, as admin,doctor; staff for all but patients
    #[arg(
        long,
        env = "REQUIRE_SECOND_FACTOR",
        default_value = "",
        value_name = "ROLES",
        hide_default_value = true
    )]
    pub require_second_factor: Roles,
    /// Send cookies over TLS only; set to false for plain http on another host than this one
    #[arg(long, env = "COOKIE_SECURE", value_name = "BOOL", action = clap::ArgAction::Set)]
    pub cookie_secure: Option<bool>,
    /// Addresses and networks of reverse proxies, apart by commas, whose X-Forwarded-For and -Proto are believed
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        value_name = "NETWORKS"
    )]
    pub trusted_proxies: TrustedProxies,
    /// Requests a second of each account, or of each address that is not signed in, in bursts of four times as many;
    /// 0: no limit
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value_t = 50, value_name = "REQUESTS")]
    pub rate_limit_per_second: u32,
    /// Seconds to keep answering after SIGTERM while /ready says no
    #[arg(long, env = "DRAIN_SECONDS", default_value_t = 5, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(0..=300))]
    pub drain_seconds: u64,
    /// Mail, if it is sent.
    #[command(flatten)]
    pub mail: MailArgs,
}

fn zone(name: &str) -> Result<ClinicZone, String> {
    ClinicZone::named(name).ok_or_else(|| "not an IANA time zone, like Europe/London".to_owned())
}

fn currency(code: &str) -> Result<Currency, String> {
    code.parse().map_err(|error: domain::money::InvalidCurrency| error.to_string())
}

/// The first administrator, from the settings.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    /// Username.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: Secret,
}

impl ServeArgs {
    /// Whether cookies are sent over TLS only: as set, else off for loopback addresses and on for all others.
    pub fn secure_cookies(&self) -> bool {
        self.cookie_secure.unwrap_or_else(|| !self.addr.ip().is_loopback())
    }

    /// The first administrator, when a password is set.
    pub fn first_admin(&self) -> Option<FirstAdmin> {
        let password = self.admin_password.clone()?;
        let email = self.admin_email.clone().unwrap_or_default();
        Some(FirstAdmin { username: self.admin_username.clone(), email, password })
    }

    /// How long sessions last.
    pub fn session_limits(&self) -> SessionLimits {
        SessionLimits {
            idle: SignedDuration::from_mins(i64::from(self.session_idle_minutes)),
            absolute: SignedDuration::from_hours(i64::from(self.session_hours)),
        }
    }

    /// The secret as set, `None` when it is to be generated.
    pub fn secret(&self) -> Result<Option<Secret>, String> {
        secret_of("JWT_SECRET", self.jwt_secret.as_ref(), self.jwt_secret_file.as_deref())
    }

    /// The secret before that, which still verifies.
    pub fn previous_secret(&self) -> Result<Option<Secret>, String> {
        let file = self.jwt_secret_previous_file.as_deref();
        secret_of("JWT_SECRET_PREVIOUS", self.jwt_secret_previous.as_ref(), file)
    }

    /// Every mistake in the settings that their types alone do not show.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        match (self.secret(), self.previous_secret()) {
            (Ok(Some(secret)), Ok(Some(previous))) if secret == previous => mistakes
                .push("JWT_SECRET_PREVIOUS: this is the present secret; set the one before it".to_owned()),
            (secret, previous) => mistakes.extend([secret.err(), previous.err()].into_iter().flatten()),
        }
        if let Err(mistake) = self.audit_key.own() {
            mistakes.push(mistake);
        }
        if let Err(mistake) = self.store.database.options() {
            mistakes.push(mistake);
        }
        if let Err(wrong) = self.mail.options() {
            mistakes.extend(wrong);
        }
        if let Err(wrong) = self.mail.gateway() {
            mistakes.extend(wrong);
        }
        let is_generated = self.jwt_secret.is_none() && self.jwt_secret_file.is_none();
        if is_generated && self.store.database.is_set() && !self.addr.ip().is_loopback() {
            mistakes.push(
                "JWT_SECRET: needed beside a database, as all processes that share it must know the same one"
                    .to_owned(),
            );
        }
        if self.store.clinic_name.trim().is_empty() {
            mistakes.push("CLINIC_NAME: must not be empty".to_owned());
        }
        if let Some(admin) = self.first_admin() {
            if let Err(code) = Email::parse(&admin.email) {
                mistakes.push(format!("ADMIN_EMAIL: {code}"));
            }
            if let Err(code) = Username::parse(&admin.username) {
                mistakes.push(format!("ADMIN_USERNAME: {code}"));
            }
            let shortest = PasswordPlain::shortest(Role::Admin, false);
            if let Err(code) = PasswordPlain::new(admin.password.expose(), shortest) {
                mistakes.push(format!("ADMIN_PASSWORD: {code}"));
            } else if looks_like_an_example(admin.password.expose()) {
                mistakes.push("ADMIN_PASSWORD: this is an example, choose your own".to_owned());
            }
        }
        mistakes
    }
}

/// Fewest bytes of a secret: as many as the hash of HS256 has (RFC 7518 §3.2).
const SHORTEST_SECRET: usize = 32;
/// Fewest different bytes: fewer is a repeated pattern.
const FEWEST_DIFFERENT: usize = 10;

/// The secret of a setting or of the file that another names.
pub fn secret_of(name: &str, text: Option<&Secret>, file: Option<&Path>) -> Result<Option<Secret>, String> {
    match (text, file) {
        (Some(secret), _) => strong(name, secret.clone()).map(Some),
        (None, Some(path)) => {
            let text = fs::read_to_string(path)
                .map_err(|error| format!("{name}_FILE: cannot read {}: {error}", path.display()))?;
            strong(name, Secret(text.trim_end().to_owned())).map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// Refuses secrets that are short, repeated or left over from an example; `name` is the setting's.
pub fn strong(name: &str, secret: Secret) -> Result<Secret, String> {
    let text = secret.expose();
    if text.len() < SHORTEST_SECRET {
        return Err(format!(
            "{name}: needs at least {SHORTEST_SECRET} bytes; make one with: openssl rand -hex 32"
        ));
    }
    let mut bytes = text.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    if bytes.len() < FEWEST_DIFFERENT || looks_like_an_example(text) {
        return Err(format!("{name}: this is an example or a pattern; make one with: openssl rand -hex 32"));
    }
    Ok(secret)
}

fn looks_like_an_example(text: &str) -> bool {
    const MARKS: [&str; 9] = [
        "changeme",
        "change-me",
        "change_me",
        "replace",
        "your-secret",
        "your_secret",
        "yoursecret",
        "example",
        "default",
    ];
    let folded = text.to_lowercase();
    MARKS.iter().any(|mark| folded.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn args(words: &[&str]) -> ServeArgs {
        Cli::try_parse_from([&["healthcare"], words].concat()).unwrap().serve
    }

    #[test]
    fn weak_and_example_secrets_are_refused() {
        let good = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c";
        assert!(strong("JWT_SECRET", Secret(good.into())).is_ok());
        for bad in [
            "short",
            "",
            &"a".repeat(64),
            &"abcd".repeat(16),
            "changeme-changeme-0123456789-changeme",
            "your-secret-key-change-in-production-0123",
        ] {
            assert!(strong("JWT_SECRET", Secret((*bad).to_owned())).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_mistake_is_listed_at_once() {
        let mistakes =
            args(&["--jwt-secret", "short", "--admin-password", "password", "--admin-email", "nobody"])
                .mistakes();
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
    }

    #[test]
    fn the_previous_secret_is_as_strong_as_the_present_one_and_another() {
        let (one, other) = (
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
            "60303ae22b998861bce3b28f33eec1be758a213c86c93c07",
        );
        for (previous, count) in
            [(other, 0), (one, 1), ("short", 1), ("changeme-changeme-0123456789-changeme", 1)]
        {
            let mistakes = args(&["--jwt-secret", one, "--jwt-secret-previous", previous]).mistakes();
            assert_eq!(mistakes.len(), count, "{mistakes:?}");
        }
    }

    #[test]
    fn limits_of_sessions_are_kept_within_reason() {
        assert_eq!(args(&[]).session_limits(), SessionLimits::default());
        for wrong in
            [["--session-idle-minutes", "4"], ["--session-idle-minutes", "721"], ["--session-hours", "25"]]
        {
            assert!(Cli::try_parse_from([&["healthcare"], &wrong[..]].concat()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn roles_are_named_one_by_one_or_as_staff() {
        let roles = |text: &str| text.parse::<Roles>().map(|roles| roles.0);
        assert_eq!(roles(""), Ok(Vec::new()));
        assert_eq!(roles("doctor, admin,doctor"), Ok(vec![Role::Doctor, Role::Admin]));
        assert_eq!(roles("staff"), Ok(Role::ALL[1..].to_vec()));
        assert_eq!(roles("staff,patient").map(|roles| roles.len()), Ok(7));
        assert!(roles("admin,king").is_err());
        assert_eq!(
            "admin,doctor".parse::<Roles>().map(|roles| roles.to_string()),
            Ok("doctor,admin".to_owned())
        );
    }

    #[test]
    fn cookies_need_tls_unless_only_this_machine_can_connect() {
        assert!(!args(&["--addr", "127.0.0.1:3000"]).secure_cookies());
        assert!(args(&["--addr", "0.0.0.0:3000"]).secure_cookies());
        assert!(!args(&["--addr", "0.0.0.0:3000", "--cookie-secure", "false"]).secure_cookies());
    }

    #[test]
    fn secrets_do_not_print() {
        let text =
            format!("{:?}", args(&["--jwt-secret", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c"]));
        assert!(!text.contains("9f86d081"));
    }
}
