//! Sub-commands of the one binary. It parses, calls and prints; everything else lives in the library.

use clap::{Args, Parser, Subcommand};
use domain::User;
use healthcare::audit::{self, AuditCommand};
use healthcare::bootstrap::{self, StartError};
use healthcare::config::{ServeArgs, StoreArgs};
use healthcare::exit::Exit;
use healthcare::maintenance::{self, Maintenance};
use healthcare::moving::{self, Migrate};
use healthcare::progress::Shown;
use healthcare::{serve, telemetry};
use service::identity::{ListUsers, NewUserForm, ResetSecondFactor};
use service::{Actor, Order, PageRequest, Services};
use std::fmt::Display;
use std::io::{IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Pages are thousands of small strings: this allocator renders them in clearly less time than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A healthcare management system: patients and staff, appointments, records, bills; pages, API and probes.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages, API and probes
    Serve(Box<ServeArgs>),
    /// Check the settings of `serve`, print them with secrets hidden, start nothing
    CheckConfig(Box<ServeArgs>),
    /// Fill an empty data directory with a demonstration clinic and print its accounts
    SeedDemo(SeedDemo),
    /// Fill an empty data directory with many appointments, for measurements
    #[command(hide = true)]
    SeedBench(SeedBench),
    /// Manage accounts from the command line, also while servers run on the same data
    #[command(subcommand)]
    User(UserCommand),
    #[command(flatten)]
    Maintenance(Maintenance),
    /// Verify or export the audit log, also while servers run on the same data
    #[command(subcommand)]
    Audit(Box<AuditCommand>),
    /// Bring the schema of the database up to date, or move all data between files and a database
    Migrate(Box<Migrate>),
    /// Ask a running server for its health; for container health checks
    Probe {
        /// Address of the server
        #[arg(long, env = "ADDR", default_value = "127.0.0.1:3000")]
        addr: SocketAddr,
    },
}

#[derive(Args)]
struct SeedDemo {
    #[command(flatten)]
    store: StoreArgs,
    /// Do nothing, successfully, when the directory holds data already
    #[arg(long)]
    if_empty: bool,
    /// File with one password for all accounts, instead of generated ones
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Args)]
struct SeedBench {
    #[command(flatten)]
    store: StoreArgs,
    /// How many appointments
    #[arg(long, default_value_t = 10_000)]
    appointments: u64,
    /// How many doctors, at most 26
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=26))]
    doctors: u64,
    /// Length of their times in minutes
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(5..=240))]
    slot_minutes: u16,
    /// How many accounts beside those that the clinic needs
    #[arg(long, default_value_t = 0)]
    users: u64,
    /// How many audit events beside those that it takes
    #[arg(long, default_value_t = 0)]
    events: u64,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account
    Add {
        #[command(flatten)]
        store: StoreArgs,
        /// Sign-in name
        #[arg(long)]
        username: String,
        /// E-mail address
        #[arg(long)]
        email: String,
        /// patient, doctor, nurse, receptionist, billing, admin or auditor
        #[arg(long)]
        role: String,
        /// Name people read; the username if missing
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input instead of generating one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an account a new one-time password and end its sessions
    Reset {
        #[command(flatten)]
        store: StoreArgs,
        /// Username or e-mail address
        login: String,
    },
    /// Turn two-step sign-in of an account off and end its sessions
    ResetSecondFactor {
        #[command(flatten)]
        store: StoreArgs,
        /// Username or e-mail address
        login: String,
    },
    /// List accounts
    List {
        #[command(flatten)]
        store: StoreArgs,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, Exit::Failed),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, Exit::of(&error)),
    }
}

fn fail(error: &dyn Display, code: Exit) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "healthcare: {error}");
    code.into()
}

/// Prints a line for the person at the terminal; a closed pipe is no reason to fail.
fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn run(command: Command) -> Result<(), StartError> {
    match command {
        Command::Serve(settings) => {
            telemetry::start(settings.store.log_format);
            serve::run(&settings, say).await
        }
        Command::CheckConfig(settings) => check_config(&settings),
        Command::SeedDemo(arguments) => seed_demo(arguments).await,
        Command::SeedBench(arguments) => seed_bench(arguments).await,
        Command::User(command) => user(command).await,
        Command::Maintenance(command) => maintenance::run(command, say, &Shown::new()).await,
        Command::Audit(command) => audit::run(*command, say, &Shown::new()).await,
        Command::Migrate(command) => moving::run(*command, say, &Shown::new()).await,
        Command::Probe { addr } => serve::probe(addr).await,
    }
}

fn check_config(settings: &ServeArgs) -> Result<(), StartError> {
    bootstrap::check(settings)?;
    let secret = match (&settings.jwt_secret, &settings.jwt_secret_file) {
        (Some(_), _) => "(hidden)".to_owned(),
        (None, Some(path)) => format!("(hidden, from {})", path.display()),
        (None, None) => "(generated into the data directory)".to_owned(),
    };
    say(format_args!("ADDR={}", settings.addr));
    say(format_args!("DATA_DIR={}", settings.store.data_dir.display()));
    say(format_args!("CLINIC_NAME={}", settings.store.clinic_name));
    say(format_args!("CLINIC_TIME_ZONE={}", settings.store.clinic_time_zone.name()));
    say(format_args!("CLINIC_CURRENCY={}", settings.store.clinic_currency));
    say(format_args!("COOKIE_SECURE={}", settings.secure_cookies()));
    say(format_args!("TRUSTED_PROXIES={}", settings.trusted_proxies));
    say(format_args!("REQUIRE_SECOND_FACTOR={}", settings.require_second_factor));
    say(format_args!("RATE_LIMIT_PER_SECOND={}", settings.rate_limit_per_second));
    say(format_args!("DRAIN_SECONDS={}", settings.drain_seconds));
    say(format_args!("ARCHIVE_DAYS={}", settings.store.archive_days));
    say(format_args!("LOG_FORMAT={}", format!("{:?}", settings.store.log_format).to_lowercase()));
    say(format_args!("JWT_SECRET={secret}"));
    let previous = settings.jwt_secret_previous.is_some() || settings.jwt_secret_previous_file.is_some();
    say(format_args!("JWT_SECRET_PREVIOUS={}", if previous { "(hidden)" } else { "(none)" }));
    say(format_args!("SESSION_IDLE_MINUTES={}", settings.session_idle_minutes));
    say(format_args!("SESSION_HOURS={}", settings.session_hours));
    say(format_args!("CARE_TEAM_DAYS_BACK={}", settings.assignment.care_team_days_back));
    say(format_args!("CARE_TEAM_DAYS_AHEAD={}", settings.assignment.care_team_days_ahead));
    say(format_args!("AUDIT_KEY={}", settings.audit_key.described()));
    let mail = if settings.mail.options().is_ok_and(|options| options.is_some()) {
        "(hidden)"
    } else {
        "(none: no mail)"
    };
    say(format_args!("SMTP_URL={mail}"));
    say(format_args!("MAIL_FROM={}", settings.mail.mail_from.as_deref().unwrap_or("(none)")));
    say(format_args!("PUBLIC_URL={}", settings.mail.public_url.as_deref().unwrap_or("(none)")));
    let admin =
        if settings.admin_password.is_some() { "(hidden)" } else { "(none: a set-up link is printed)" };
    say(format_args!("ADMIN_PASSWORD={admin}"));
    let database = &settings.store.database;
    match database.options() {
        Ok(Some(options)) => {
            say(format_args!("{}=(hidden) at {}", database.setting(), options.url.place()));
            say(format_args!("DATABASE_CONNECTIONS={}", options.connections));
            say(format_args!("DATABASE_POOLER={}", options.pooler));
            say("the data lie in the database");
        }
        _ => say(maintenance::volume(&settings.store)?),
    }
    Ok(())
}

async fn seed_demo(arguments: SeedDemo) -> Result<(), StartError> {
    let password = arguments.password_file.as_deref().map(read_password).transpose()?;
    let services = bootstrap::services(&arguments.store).await?;
    if arguments.if_empty && services.storage_status().totals != service::Totals::default() {
        return close(&services).await;
    }
    let options = service::demo::DemoOptions { password, seed: 2026 };
    let accounts = services.seed_demo(options).await?;
    say("The demonstration clinic is ready. Its accounts, printed only now:");
    say(format_args!("  {:<12}  {:<16}  {:<28}  password", "role", "username", "e-mail"));
    for account in &accounts {
        say(format_args!(
            "  {:<12}  {:<16}  {:<28}  {}",
            account.role, account.username, account.email, account.password
        ));
    }
    close(&services).await
}

async fn seed_bench(arguments: SeedBench) -> Result<(), StartError> {
    let services = bootstrap::services(&arguments.store).await?;
    let size = service::demo::BenchSize {
        appointments: arguments.appointments,
        accounts: arguments.users,
        doctors: arguments.doctors,
        slot_minutes: arguments.slot_minutes,
    };
    let account = services.seed_bench(size).await?;
    services.seed_bench_events(arguments.events).await?;
    say(format_args!(r#"{{"username":"{}","password":"{}"}}"#, account.username, account.password));
    close(&services).await
}

async fn user(command: UserCommand) -> Result<(), StartError> {
    let operator = Actor::system("command-line");
    match command {
        UserCommand::Add { store, username, email, role, name, password_stdin } => {
            let password = if password_stdin { Some(password_from_stdin()?) } else { None };
            let services = bootstrap::services(&store).await?;
            let display_name = name.unwrap_or_else(|| username.clone());
            let form = NewUserForm {
                username: username.clone(),
                email,
                role,
                display_name: Some(display_name),
                password,
            };
            let created = services.create_user(&operator, form).await?;
            say(format_args!("Account {} ({username}) is made.", created.id));
            if let Some(password) = created.password {
                say(format_args!("One-time password: {password}"));
            }
            close(&services).await
        }
        UserCommand::Reset { store, login } => {
            let services = bootstrap::services(&store).await?;
            let user = account(&services, &operator, &login).await?;
            let password = services.reset_password(&operator, user.id).await?;
            say(format_args!("One-time password of {}: {password}", user.username));
            close(&services).await
        }
        UserCommand::ResetSecondFactor { store, login } => {
            let services = bootstrap::services(&store).await?;
            let user = account(&services, &operator, &login).await?;
            services.execute(&operator, ResetSecondFactor { id: user.id, expected: None }).await?;
            say(format_args!("Two-step sign-in of {} is off.", user.username));
            close(&services).await
        }
        UserCommand::List { store } => {
            let services = bootstrap::services(&store).await?;
            let mut page = PageRequest::first(PageRequest::MOST, Order::Ascending);
            loop {
                let list = ListUsers { text: String::new(), role: None, page: page.clone() };
                let users = services.execute(&operator, list).await?;
                for user in &users.items {
                    let status = format!("{:?}", user.status).to_lowercase();
                    say(format_args!(
                        "{:>6}  {:<13} {:<9} {:<24} {}",
                        user.id, user.role, status, user.username, user.email
                    ));
                }
                page.after = users.next;
                if page.after.is_none() {
                    break;
                }
            }
            close(&services).await
        }
    }
}

/// The account with this username or e-mail address.
async fn account(services: &Services, operator: &Actor, login: &str) -> Result<User, StartError> {
    let page = PageRequest::first(PageRequest::MOST, Order::Ascending);
    let list = ListUsers { text: login.to_owned(), role: None, page };
    let found = services.execute(operator, list).await?;
    let folded = login.to_lowercase();
    let is_it = |user: &User| user.username.folded() == folded || user.email.folded() == folded;
    let user = found.items.into_iter().map(|user| user.value).find(is_it);
    user.ok_or_else(|| StartError::Io(format!("there is no account {login}")))
}

async fn close(services: &Services) -> Result<(), StartError> {
    Ok(services.close().await?)
}

fn read_password(path: &std::path::Path) -> Result<String, StartError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| StartError::Io(format!("{}: {error}", path.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn password_from_stdin() -> Result<String, StartError> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        return rpassword::prompt_password("Password: ").map_err(|error| StartError::Io(error.to_string()));
    }
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| StartError::Io(error.to_string()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
