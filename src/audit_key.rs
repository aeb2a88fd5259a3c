//! The key under which the audit log is anchored: one of its own, or one made of the secret of the session tokens.

use crate::config::{Secret, strong};
use clap::Args;
use service::AnchorKey;
use std::fs;
use std::path::PathBuf;

/// Where the key comes from.
#[derive(Args, Clone, Debug, Default)]
pub struct AuditKeyArgs {
    /// Key of the audit log's anchors, at least 32 bytes, kept off the volume of the data; made of `JWT_SECRET` without it
    #[arg(long, env = "AUDIT_KEY", hide_env_values = true, value_name = "KEY")]
    pub audit_key: Option<Secret>,
    /// File that holds the key; keys before it, which only prove what they anchored, may follow, one a line
    #[arg(long, env = "AUDIT_KEY_FILE", value_name = "FILE", conflicts_with = "audit_key")]
    pub audit_key_file: Option<PathBuf>,
}

/// Keys of anchors: the first one signs, all of them prove.
#[derive(Clone, Debug)]
pub struct AnchorKeys(AnchorKey, Vec<AnchorKey>);

impl AnchorKeys {
    /// The one that signs.
    pub fn into_signing(self) -> AnchorKey {
        self.0
    }

    /// All of them.
    pub fn all(self) -> Vec<AnchorKey> {
        std::iter::once(self.0).chain(self.1).collect()
    }
}

impl AuditKeyArgs {
    /// The name of the setting, for messages.
    fn setting(&self) -> &'static str {
        if self.audit_key_file.is_some() { "AUDIT_KEY_FILE" } else { "AUDIT_KEY" }
    }

    /// The keys that were set, `None` without any.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn own(&self) -> Result<Option<AnchorKeys>, String> {
        let text = match (&self.audit_key, &self.audit_key_file) {
            (Some(key), _) => key.expose().to_owned(),
            (None, Some(path)) => fs::read_to_string(path)
                .map_err(|error| format!("AUDIT_KEY_FILE: cannot read {}: {error}", path.display()))?,
            (None, None) => return Ok(None),
        };
        let weak = || {
            format!(
                "{}: needs at least 32 bytes without a pattern; make them with: openssl rand -hex 32",
                self.setting()
            )
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Result<Vec<AnchorKey>, String> = lines
            .map(|line| {
                let key = strong(self.setting(), Secret::from(line.to_owned())).map_err(|_| weak())?;
                Ok(AnchorKey::new(key.expose().as_bytes()))
            })
            .collect();
        let mut keys = keys?.into_iter();
        let signing = keys.next().ok_or_else(weak)?;
        Ok(Some(AnchorKeys(signing, keys.collect())))
    }

    /// Where the key comes from, without the key.
    pub fn described(&self) -> String {
        match (&self.audit_key, &self.audit_key_file) {
            (Some(_), _) => "(hidden)".to_owned(),
            (None, Some(path)) => format!("(hidden, from {})", path.display()),
            (None, None) => {
                "(made of the JWT secret: set one of its own, kept off the volume of the data)".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c";

    fn args(key: &str) -> AuditKeyArgs {
        AuditKeyArgs { audit_key: Some(Secret::from(key.to_owned())), audit_key_file: None }
    }

    #[test]
    fn weak_keys_are_refused_and_not_repeated() {
        assert!(args(GOOD).own().unwrap().is_some());
        for weak in ["short", "", &"ab".repeat(32)] {
            let mistake = args(weak).own().unwrap_err();
            assert!(mistake.starts_with("AUDIT_KEY: needs") && (weak.is_empty() || !mistake.contains(weak)));
        }
        assert!(!format!("{:?}", args(GOOD)).contains("9f86"));
    }

    #[test]
    fn a_file_may_hold_the_keys_of_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), format!("{GOOD}\n{GOOD}0\n\n")).unwrap();
        let args = AuditKeyArgs { audit_key: None, audit_key_file: Some(file.path().to_owned()) };
        let keys = args.own().unwrap().unwrap();
        assert_eq!(keys.clone().all().len(), 2);
        assert_eq!(keys.into_signing(), AnchorKey::new(GOOD.as_bytes()));
        assert!(args.described().contains(file.path().to_str().unwrap()));
    }
}
