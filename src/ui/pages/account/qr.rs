//! A QR code as inline SVG, made on the server: always dark on light, as cameras expect, with the quiet zone around it.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

/// Light modules around the code (ISO/IEC 18004, 9.1).
const QUIET_ZONE: i32 = 4;

/// The code of a text; nothing when the text is too long for one.
pub fn qr(text: &str, label: &'static str) -> Option<AnyView> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * QUIET_ZONE;
    let view = view! {
        <svg
            class="hc-qr"
            viewBox=format!("0 0 {side} {side}")
            role="img"
            aria-label=label
            shape-rendering="crispEdges"
        >
            <rect width=side.to_string() height=side.to_string() fill="#fff"></rect>
            <path d=dark_modules(&code) fill="#000"></path>
        </svg>
    };
    Some(view.into_any())
}

/// Every run of dark modules of a row as one rectangle.
fn dark_modules(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let width = (x..code.size()).take_while(|&at| code.get_module(at, y)).count();
            let width = i32::try_from(width).unwrap_or_default();
            if width > 0 {
                let _ = write!(path, "M{} {}h{width}v1h-{width}z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
            x += width + 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_and_no_other() {
        let code =
            QrCode::encode_text("otpauth://totp/Elmwood:marta?secret=GEZDGNBV", QrCodeEcc::Medium).unwrap();
        let size = usize::try_from(code.size()).unwrap();
        let mut drawn = vec![vec![false; size]; size];
        for run in dark_modules(&code).split('M').skip(1) {
            let numbers: Vec<usize> = run
                .split(|character: char| !character.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            let (x, y, width) = (numbers[0] - 4, numbers[1] - 4, numbers[2]);
            drawn[y][x..x + width].fill(true);
        }
        for y in 0..code.size() {
            for x in 0..code.size() {
                let (row, column) = (usize::try_from(y).unwrap(), usize::try_from(x).unwrap());
                assert_eq!(drawn[row][column], code.get_module(x, y), "{x} {y}");
            }
        }
    }

    #[test]
    fn what_fits_no_code_gives_none() {
        assert!(qr(&"x".repeat(10_000), "Too long").is_none());
    }
}
