//! The only place that picks a storage backend, makes keys and wires the services.

use crate::config::{FirstAdmin, Secret, ServeArgs, StoreArgs, strong};
use crate::web::AppState;
use crate::web::limits::RateLimits;
use crate::web::live::Live;
use crate::web::state::{AppParts, Readiness};
use crate::web::tokens::Tokens;
use domain::Catalogue;
use domain::SessionLimits;
use jiff::{SignedDuration, Timestamp};
use service::identity::SetUpForm;
use service::scheduling::notices::LinkKeys;
use service::{Actor, Clinic, Clock, OsRandom, Passwords, Random, ServiceError, Services, SystemClock};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;
use storage::Storage;
use storage::chain::AnchorKey;
use storage::json::{JsonOptions, JsonStore, OpenError};
use storage::postgres::{self, PgStore};

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings are wrong; every mistake is listed.
    #[error("the settings are wrong:\n{}", .0.join("\n"))]
    Settings(Vec<String>),
    /// The store cannot be opened.
    #[error("{0}")]
    Store(#[from] OpenError),
    /// The database cannot be opened.
    #[error("{0}")]
    Database(#[from] postgres::OpenError),
    /// The store gave up while it served; why.
    #[error("{0}")]
    GaveUp(String),
    /// Something would be lost, and nobody agreed to exactly that.
    #[error("{0}")]
    NotAgreed(String),
    /// A file or a socket.
    #[error("{0}")]
    Io(String),
    /// A use case refused.
    #[error("{}", explain(.0))]
    Service(#[from] ServiceError),
}

impl StoreArgs {
    /// How to open the store, at this moment.
    pub fn options(&self, now: Timestamp) -> JsonOptions {
        let (zone, currency) = (self.clinic_time_zone.clone(), self.clinic_currency);
        let archive_kept = SignedDuration::from_hours(i64::from(self.archive_days) * 24);
        JsonOptions { archive_kept, ..JsonOptions::new(self.data_dir.clone(), zone, currency, now) }
    }
}

/// A refusal in the words of the fields.
fn explain(error: &ServiceError) -> String {
    match error {
        ServiceError::Invalid(fields) => {
            fields.iter().map(|(field, code)| format!("{field}: {code}")).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

/// Callers that may wait for a password to be hashed.
const HASHING_QUEUE: usize = 32;

/// Opens the store and wires the services.
pub async fn services(settings: &StoreArgs) -> Result<Services, StartError> {
    match settings.database.options().map_err(|mistake| StartError::Settings(vec![mistake]))? {
        Some(options) => Ok(wired(settings, Arc::new(PgStore::open(options).await?))),
        None => services_on(settings, settings.options(SystemClock.now())),
    }
}

/// The same on files that are opened in another way.
pub fn services_on(settings: &StoreArgs, options: JsonOptions) -> Result<Services, StartError> {
    Ok(wired(settings, Arc::new(JsonStore::open(options)?)))
}

fn wired(settings: &StoreArgs, store: Arc<dyn Storage>) -> Services {
    let workers =
        std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
    Services::new(
        store,
        Arc::new(SystemClock),
        Arc::new(OsRandom),
        Passwords::new(Passwords::COST, workers, HASHING_QUEUE),
        Clinic {
            name: settings.clinic_name.trim().to_owned(),
            zone: settings.clinic_time_zone.clone(),
            currency: settings.clinic_currency,
            catalogue: Catalogue::standard(),
            sessions: SessionLimits::default(),
            second_factor_roles: Vec::new(),
            assignment: domain::AssignmentWindow::default(),
        },
    )
}

/// Whether the settings can be used; every mistake in them otherwise.
pub fn check(settings: &ServeArgs) -> Result<(), StartError> {
    match settings.mistakes() {
        mistakes if mistakes.is_empty() => Ok(()),
        mistakes => Err(StartError::Settings(mistakes)),
    }
}

/// Everything `serve` needs, ready to take requests; the path of the set-up page if there is no administrator.
pub async fn application(settings: &ServeArgs) -> Result<(AppState, Option<String>), StartError> {
    check(settings)?;
    let outbox = settings.mail.outbox().map_err(StartError::Settings)?;
    let services = services(&settings.store)
        .await?
        .with_session_limits(settings.session_limits())
        .with_assignment(settings.assignment.window())
        .requiring_second_factor(settings.require_second_factor.0.clone())
        .with_mail(outbox);
    let services = match settings.mail.gateway().map_err(StartError::Settings)? {
        Some(gateway) => services.with_texts(Arc::new(gateway)),
        None => services,
    };
    let previous = settings.previous_secret().map_err(|mistake| StartError::Settings(vec![mistake]))?;
    let secret = match settings.secret().map_err(|mistake| StartError::Settings(vec![mistake]))? {
        Some(secret) => secret,
        None => generated_secret(&settings.store.data_dir)?,
    };
    let before: Vec<_> = previous.iter().map(|secret| secret.expose().as_bytes()).collect();
    let services = services.with_link_keys(LinkKeys::derived(secret.expose().as_bytes(), &before));
    let set_up_token = match settings.first_admin() {
        _ if !services.needs_set_up().await => None,
        Some(FirstAdmin { username, email, password }) => {
            services
                .set_up_admin(
                    &Actor::system("set-up"),
                    SetUpForm { username, email, password: password.expose().to_owned() },
                )
                .await?;
            tracing::info!("the first administrator was made from the settings");
            None
        }
        None => Some(set_up_token(&secret)),
    };
    let link = set_up_token.as_ref().map(|token| format!("/set-up?token={token}"));
    let parts = AppParts {
        services,
        tokens: Tokens::new(secret.expose().as_bytes(), &before),
        cookie_secure: settings.secure_cookies(),
        trusted_proxies: settings.trusted_proxies.clone(),
        rate_limits: RateLimits::per_second(settings.rate_limit_per_second),
        readiness: Readiness::default(),
        live: Live::default(),
        set_up_token,
    };
    Ok((parts.into(), link))
}

/// The key under which the audit log is anchored; once [`application`] has made the secret, if it was to be generated.
pub fn anchor_key(settings: &ServeArgs) -> Result<AnchorKey, StartError> {
    let mistake = |mistake| StartError::Settings(vec![mistake]);
    if let Some(keys) = settings.audit_key.own().map_err(mistake)? {
        return Ok(keys.into_signing());
    }
    let secret = match settings.secret().map_err(mistake)? {
        Some(secret) => secret,
        None => generated_secret(&settings.store.data_dir)?,
    };
    Ok(AnchorKey::derived(secret.expose().as_bytes()))
}

/// What the one-time link proves: knowledge that only the operator of this data directory has. The same for all
/// processes on it.
fn set_up_token(secret: &Secret) -> String {
    let digest = Sha256::new().chain_update("first administrator\n").chain_update(secret.expose()).finalize();
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hex(words: &[u128]) -> String {
    words.iter().fold(String::new(), |mut text, word| {
        let _ = write!(text, "{word:032x}");
        text
    })
}

/// The secret in the data directory, made at the first start and readable by its owner only.
fn generated_secret(directory: &Path) -> Result<Secret, StartError> {
    let path = directory.join("jwt-secret");
    let failed = |error: std::io::Error| StartError::Io(format!("{}: {error}", path.display()));
    if !path.exists() {
        // Beside a database nothing else has made it.
        private_directory(directory).and_then(|()| make_secret(&path)).map_err(failed)?;
    }
    let text = fs::read_to_string(&path).map_err(failed)?;
    strong("JWT_SECRET", Secret::from(text.trim().to_owned()))
        .map_err(|_| StartError::Io(format!("{} holds no usable secret; remove it", path.display())))
}

/// Makes a secret that is whole as soon as it has its name. Of several processes that start at once one wins.
fn make_secret(path: &Path) -> std::io::Result<()> {
    let draft = path.with_extension(format!("{:032x}", OsRandom.bits()));
    private_file(&draft, &hex(&[OsRandom.bits(), OsRandom.bits()]))?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => tracing::info!(path = %path.display(), "a secret for session tokens was made"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
