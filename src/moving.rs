//! `healthcare migrate`: brings the schema of a database up to date, or moves all data from one kind of store to another.

use crate::bootstrap::StartError;
use crate::config::{Secret, StoreArgs};
use clap::Args;
use service::{Clock, SystemClock};
use std::path::PathBuf;
use std::str::FromStr;
use storage::json::{self, JsonOptions, Progress};
use storage::postgres::{self, DatabaseUrl, PgOptions};
use storage::{Contents, Sum};

/// What to migrate.
#[derive(Args, Clone, Debug)]
pub struct Migrate {
    #[command(flatten)]
    store: StoreArgs,
    /// The store to move from; servers may go on, but what they store after the move began is not moved
    #[arg(long, value_name = "json:DIR or postgres:URL", requires = "to")]
    from: Option<Secret>,
    /// The new or empty store to move into
    #[arg(long, value_name = "json:DIR or postgres:URL", requires = "from")]
    to: Option<Secret>,
    /// Give this role of the database the rights of a server, and no more
    #[arg(long, value_name = "ROLE")]
    grant_to: Option<String>,
}

/// A store on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A data directory.
    Files(PathBuf),
    /// A database, that of the settings without an address.
    Database(Option<DatabaseUrl>),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("json", directory)) if !directory.is_empty() => Ok(Self::Files(directory.into())),
            None if text == "postgres" => Ok(Self::Database(None)),
            Some(("postgres", rest)) => {
                let url = if rest.starts_with("//") { text } else { rest };
                DatabaseUrl::parse(url)
                    .map(|url| Self::Database(Some(url)))
                    .map_err(|error| error.to_string())
            }
            _ => Err("must be json:DIR or postgres:URL".to_owned()),
        }
    }
}

impl Migrate {
    fn database(&self, place: Option<&DatabaseUrl>) -> Result<PgOptions, StartError> {
        let settings = |mistake| StartError::Settings(vec![mistake]);
        match place {
            Some(url) => Ok(PgOptions::new(url.clone())),
            None => self.store.database.options().map_err(settings)?.ok_or_else(|| {
                settings("DATABASE_URL: must name the database, or give --from and --to".to_owned())
            }),
        }
    }

    fn files(&self, directory: PathBuf) -> JsonOptions {
        JsonOptions { directory, ..self.store.options(SystemClock.now()) }
    }

    async fn read(&self, place: &Place, progress: &dyn Progress) -> Result<Contents, StartError> {
        Ok(match place {
            Place::Files(directory) => json::contents(&self.files(directory.clone()), progress)?,
            Place::Database(url) => postgres::contents(&self.database(url.as_ref())?, progress).await?,
        })
    }

    async fn write(
        &self,
        place: &Place,
        contents: &Contents,
        progress: &(dyn Progress + Sync),
    ) -> Result<(), StartError> {
        match place {
            Place::Files(directory) => json::fill(&self.files(directory.clone()), contents, progress)?,
            Place::Database(url) => {
                postgres::fill(&self.database(url.as_ref())?, contents, progress).await?;
            }
        }
        Ok(())
    }
}

/// Runs it; `say` prints results.
///
/// # Errors
/// What the stores say; [`StartError::Io`] when both sides are not the same in the end.
pub async fn run(
    command: Migrate,
    say: impl Fn(String),
    progress: &(dyn Progress + Sync),
) -> Result<(), StartError> {
    if command.store.database.database_pooler {
        let why = "DATABASE_POOLER: this needs the address of the database itself".to_owned();
        return Err(StartError::Settings(vec![why]));
    }
    let place = |text: &Option<Secret>| text.as_ref().map(|text| text.expose().parse::<Place>()).transpose();
    let wrong = |why: String| StartError::Settings(vec![format!("--from, --to: {why}")]);
    let (from, to) = (place(&command.from).map_err(wrong)?, place(&command.to).map_err(wrong)?);
    let (Some(from), Some(to)) = (&from, &to) else {
        let options = command.database(None)?;
        let version = postgres::migrate(&options, command.grant_to.as_deref()).await?;
        say(format!("the schema is at version {version}"));
        return Ok(());
    };
    let contents = command.read(from, progress).await?;
    command.write(to, &contents, progress).await?;
    progress.begin("comparing both sides", 0);
    let (moved, found) = (contents.sums(), command.read(to, progress).await?.sums());
    say(format!("moved: {}", contents.position));
    let mut differ = Vec::new();
    for (moved, found) in moved.iter().zip(&found) {
        say(compared(moved, found));
        if moved != found {
            differ.push(moved.name);
        }
    }
    if !differ.is_empty() {
        return Err(StartError::Io(format!("both sides are not the same: {}", differ.join(", "))));
    }
    if let (Some(role), Place::Database(url)) = (&command.grant_to, to) {
        postgres::migrate(&command.database(url.as_ref())?, Some(role)).await?;
    }
    say("both sides are the same".to_owned());
    Ok(())
}

fn compared(moved: &Sum, found: &Sum) -> String {
    if moved == found { format!("same    {moved}") } else { format!("DIFFERS {moved}\n        {found}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_kind_and_place() {
        assert_eq!("json:./data".parse(), Ok(Place::Files("./data".into())));
        assert_eq!("postgres".parse(), Ok(Place::Database(None)));
        let url = DatabaseUrl::parse("postgres://clinic@db/clinic").unwrap();
        assert_eq!("postgres://clinic@db/clinic".parse(), Ok(Place::Database(Some(url.clone()))));
        assert_eq!("postgres:postgres://clinic@db/clinic".parse(), Ok(Place::Database(Some(url))));
        for wrong in ["", "json:", "data", "mysql://x", "postgres:x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
