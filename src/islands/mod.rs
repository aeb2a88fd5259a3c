//! Widgets that come alive in the browser; every page works without them. No rule of the clinic lives here.

mod dom;
pub mod password_tools;
pub mod patient_typeahead;
pub mod session_warning;
pub mod slot_picker;
pub mod theme_switch;

pub use password_tools::PasswordTools;
pub use patient_typeahead::PatientTypeahead;
pub use session_warning::SessionWarning;
pub use slot_picker::SlotPicker;
pub use theme_switch::ThemeSwitch;
