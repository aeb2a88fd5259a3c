//! The lines of a bill as typed, and how they are checked.

use domain::invoice::InvoiceLine;
use domain::validation::required;
use domain::{Code, Currency, FieldErrors, Invoice, Money};

/// One charge as typed. A line without description and price is blank and dropped.
#[derive(Clone, Debug, Default)]
pub struct LineForm {
    /// What for.
    pub description: String,
    /// How many; empty for one.
    pub quantity: String,
    /// Price of one, as `42.50`.
    pub unit_amount: String,
}

/// The field names of every line that a bill can have.
macro_rules! line_fields {
    ($($number:literal)*) => {
        const FIELDS: [LineFields; Invoice::MOST_LINES] = [$(LineFields {
            description: concat!("description", $number),
            quantity: concat!("quantity", $number),
            unit_amount: concat!("unitAmount", $number),
        }),*];
    };
}

struct LineFields {
    description: &'static str,
    quantity: &'static str,
    unit_amount: &'static str,
}

line_fields!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37
    38 39 40 41 42 43 44 45 46 47 48 49);

impl LineForm {
    fn is_blank(&self) -> bool {
        self.description.trim().is_empty() && self.unit_amount.trim().is_empty()
    }

    fn check(
        &self,
        fields: &LineFields,
        currency: Currency,
        errors: &mut FieldErrors,
    ) -> Option<InvoiceLine> {
        let description = errors.take(
            fields.description,
            required(&self.description, "Description", "what the charge is for", 200, false),
        );
        let quantity = errors.take(fields.quantity, quantity(&self.quantity));
        let unit = errors.take(
            fields.unit_amount,
            Money::parse(&self.unit_amount, currency).map_err(|_| Code::AmountInvalid),
        );
        Some(InvoiceLine { description: description?, quantity: quantity?, unit_minor: unit?.minor })
    }
}

fn quantity(typed: &str) -> Result<u32, Code> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(1);
    }
    typed
        .parse()
        .ok()
        .filter(|quantity| (1..=InvoiceLine::MOST).contains(quantity))
        .ok_or(Code::OutOfRange("Quantity", "1", "999"))
}

/// Checks all lines; errors bear the number that the line has in the form.
pub(super) fn check(lines: &[LineForm], currency: Currency) -> Result<Vec<InvoiceLine>, FieldErrors> {
    let written: Vec<(usize, &LineForm)> =
        lines.iter().enumerate().filter(|(_, line)| !line.is_blank()).collect();
    if written.last().is_some_and(|(index, _)| *index >= FIELDS.len()) {
        return Err(FieldErrors::one("lines", Code::OutOfRange("Number of lines", "1", "50")));
    }
    let mut errors = FieldErrors::new();
    let checked: Vec<InvoiceLine> = written
        .into_iter()
        .filter_map(|(index, line)| line.check(&FIELDS[index], currency, &mut errors))
        .collect();
    errors.into_result()?;
    Ok(checked)
}
