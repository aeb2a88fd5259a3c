//! Settings of mail: a server that takes messages, a sender, and the address that links in messages begin with.

mod smtp;
mod webhook;

pub use smtp::Smtp;
pub use webhook::{Webhook, WebhookArgs};

use crate::config::Secret;
use clap::Args;
use lettre::message::Mailbox;
use service::{Outbox, RETRY_AFTER};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use url::{Host, Url};

/// Where mail goes and whom it is from.
#[derive(Args, Clone, Debug, Default)]
pub struct MailArgs {
    /// Server that takes mail; none is sent without it.
    #[arg(
        help = "Send mail through this server: smtps://user:password@host or smtp://user:password@host:587?tls=required"
    )]
    #[arg(long, env = "SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<Secret>,
    /// File that holds the address of the server
    #[arg(long, env = "SMTP_URL_FILE", value_name = "FILE", conflicts_with = "smtp_url")]
    pub smtp_url_file: Option<PathBuf>,
    /// Sender of mail, as `Elmwood Surgery <no-reply@elmwood.example>`
    #[arg(long, env = "MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// Address under which people reach the clinic, as `https://clinic.example`; links in mail begin with it
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Text messages, if they are sent.
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct MailOptions {
    server: Secret,
    from: Mailbox,
    site: String,
}

impl MailArgs {
    fn server(&self) -> Result<Option<Secret>, String> {
        match (&self.smtp_url, &self.smtp_url_file) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(path)) => fs::read_to_string(path)
                .map(|text| Some(Secret::from(text.trim().to_owned())))
                .map_err(|error| format!("SMTP_URL_FILE: cannot read {}: {error}", path.display())),
            (None, None) => Ok(None),
        }
    }

    /// The address of the site without a slash at the end, `None` when it is not set.
    pub fn site(&self) -> Result<Option<String>, String> {
        self.public_url.as_deref().map(site).transpose().map_err(|why| format!("PUBLIC_URL: {why}"))
    }

    /// How mail is sent, `None` without a server.
    ///
    /// # Errors
    /// Every mistake in the settings.
    pub fn options(&self) -> Result<Option<MailOptions>, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut noted = |mistake: String| mistakes.push(mistake);
        let server = self.server().map_err(&mut noted).ok().flatten();
        let site = self.site().map_err(&mut noted).ok().flatten();
        let from = self.mail_from.as_deref().map(str::parse::<Mailbox>);
        let from = from.transpose().map_err(|error| noted(format!("MAIL_FROM: {error}"))).ok().flatten();
        let Some(server) = server else {
            return if mistakes.is_empty() { Ok(None) } else { Err(mistakes) };
        };
        if let Err(why) = smtp::check(server.expose()) {
            mistakes.push(format!("SMTP_URL: {why}"));
        }
        if from.is_none() && self.mail_from.is_none() {
            mistakes.push("MAIL_FROM: needed beside SMTP_URL".to_owned());
        }
        if site.is_none() && self.public_url.is_none() {
            mistakes.push("PUBLIC_URL: needed beside SMTP_URL, as links in mail begin with it".to_owned());
        }
        match (from, site) {
            (Some(from), Some(site)) if mistakes.is_empty() => Ok(Some(MailOptions { server, from, site })),
            _ => Err(mistakes),
        }
    }

    /// The gateway for text messages, `None` without one.
    ///
    /// # Errors
    /// Every mistake in the settings.
    pub fn gateway(&self) -> Result<Option<Webhook>, Vec<String>> {
        self.webhook.gateway(self.public_url.is_some())
    }

    /// The queue of mail; needs a running runtime.
    ///
    /// # Errors
    /// Every mistake in the settings.
    pub fn outbox(&self) -> Result<Outbox, Vec<String>> {
        let Some(options) = self.options()? else {
            return Ok(Outbox::off(self.site().map_err(|mistake| vec![mistake])?.as_deref()));
        };
        let mailer = Smtp::new(options.server.expose(), options.from)
            .map_err(|why| vec![format!("SMTP_URL: {why}")])?;
        Ok(Outbox::start(Arc::new(mailer), &options.site, RETRY_AFTER))
    }
}

/// Whether only this machine has the address.
fn is_loopback(host: Option<&Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => *name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of a site: scheme and host, nothing else.
fn site(text: &str) -> Result<String, &'static str> {
    const SHAPE: &str = "must be an address like https://clinic.example, without a path";
    let url = Url::parse(text.trim()).map_err(|_| SHAPE)?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_plain = url.username().is_empty() && url.password().is_none();
    if !is_bare || !is_plain || !matches!(url.scheme(), "https" | "http") {
        return Err(SHAPE);
    }
    if url.scheme() == "http" && !is_loopback(url.host().as_ref()) {
        return Err("must begin with https://, as links in mail open accounts");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(server: &str, from: Option<&str>, public: Option<&str>) -> MailArgs {
        MailArgs {
            smtp_url: Some(Secret::from(server.to_owned())),
            smtp_url_file: None,
            mail_from: from.map(str::to_owned),
            public_url: public.map(str::to_owned),
            webhook: WebhookArgs::default(),
        }
    }

    #[test]
    fn links_begin_with_a_secure_address_and_nothing_more() {
        assert_eq!(site("https://clinic.example/"), Ok("https://clinic.example".to_owned()));
        assert_eq!(site("http://127.0.0.1:3000"), Ok("http://127.0.0.1:3000".to_owned()));
        for bad in [
            "",
            "clinic.example",
            "http://clinic.example",
            "https://clinic.example/path",
            "https://clinic.example/?a",
            "https://user@clinic.example",
            "ftp://clinic.example",
            "javascript:alert(1)",
        ] {
            assert!(site(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_mistake_is_listed_at_once() {
        assert_eq!(args("ftp://x", None, None).options().unwrap_err().len(), 3);
        let bad = args("smtps://mail.example", Some("a\r\nBcc: b@example.org"), Some("x"));
        assert_eq!(bad.options().unwrap_err().len(), 2);
        let good = args("smtps://mail.example", Some("Clinic <a@example.org>"), Some("https://c.example"));
        assert!(good.options().unwrap().is_some());
        assert!(MailArgs::default().options().unwrap().is_none());
    }

    #[test]
    fn mail_crosses_no_network_in_the_clear_unless_that_is_said() {
        let sent =
            |server: &str| args(server, Some("a@example.org"), Some("https://c.example")).options().map(drop);
        for good in [
            "smtps://u:p@mail.example",
            "smtp://u:p@mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://relay.example?tls=none",
        ] {
            assert_eq!(sent(good), Ok(()), "{good}");
        }
        for bad in [
            "smtp://mail.example",
            "smtp://mail.example?tls=opportunistic",
            "smtp://u:p@relay.example?tls=none",
            "smtp://",
            "mail.example",
        ] {
            assert!(sent(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_password_of_the_server_does_not_print() {
        let args = args("smtps://u:swordfish@mail.example", Some("a@example.org"), Some("https://c.example"));
        assert!(!format!("{args:?} {:?}", args.options()).contains("swordfish"));
        let bad = MailArgs { smtp_url: Some(Secret::from("smtp://u:swordfish@h".to_owned())), ..args };
        assert!(!bad.options().unwrap_err().concat().contains("swordfish"));
    }
}
