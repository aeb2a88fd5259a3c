//! How long patients are assigned to those who see them: who may open a record without an emergency.

use clap::{Args, value_parser};
use domain::AssignmentWindow;

/// The window of assignment.
#[derive(Args, Clone, Copy, Debug)]
pub struct AssignmentArgs {
    /// Days after an appointment, and after an entry in the record, for which the record stays open to those who were there
    #[arg(long, env = "CARE_TEAM_DAYS_BACK", default_value_t = 7, value_name = "DAYS",
          value_parser = value_parser!(u16).range(1..=90))]
    pub care_team_days_back: u16,
    /// Days before an appointment from which the record is open to those who will be there
    #[arg(long, env = "CARE_TEAM_DAYS_AHEAD", default_value_t = 30, value_name = "DAYS",
          value_parser = value_parser!(u16).range(1..=180))]
    pub care_team_days_ahead: u16,
}

impl AssignmentArgs {
    /// The window as set.
    pub const fn window(self) -> AssignmentWindow {
        AssignmentWindow { days_back: self.care_team_days_back, days_ahead: self.care_team_days_ahead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        assignment: AssignmentArgs,
    }

    fn window(words: &[&str]) -> Result<AssignmentWindow, clap::Error> {
        Cli::try_parse_from([&["healthcare"], words].concat()).map(|cli| cli.assignment.window())
    }

    #[test]
    fn the_window_is_kept_within_reason() {
        assert_eq!(window(&[]).unwrap(), AssignmentWindow::default());
        let set = window(&["--care-team-days-back", "90", "--care-team-days-ahead", "1"]).unwrap();
        assert_eq!(set, AssignmentWindow { days_back: 90, days_ahead: 1 });
        for (name, wrong) in [("back", "0"), ("back", "91"), ("ahead", "0"), ("ahead", "181"), ("ahead", "x")]
        {
            assert!(window(&[&format!("--care-team-days-{name}"), wrong]).is_err(), "{name} {wrong}");
        }
    }
}
