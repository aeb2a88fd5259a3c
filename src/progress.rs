//! Shows a person at a terminal how far a command is; elsewhere a plain line a step.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use storage::json::Progress;

/// Progress on standard error.
#[derive(Debug)]
pub struct Shown(Option<ProgressBar>);

impl Shown {
    /// A bar on a terminal, lines anywhere else.
    pub fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        Self(Some(ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr())))
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // What is printed next begins on a clean line.
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn begin(&self, what: &str, parts: u64) {
        let Some(bar) = &self.0 else {
            let _ = writeln!(std::io::stderr(), "{what}");
            return;
        };
        let template =
            if parts == 0 { "{spinner} {msg} {elapsed}" } else { "{msg:40} {bar:30} {pos}/{len} {eta}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_position(0);
        bar.set_length(parts);
        bar.set_message(what.to_owned());
        bar.tick();
    }

    fn advance(&self, parts: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(parts);
        }
    }
}
