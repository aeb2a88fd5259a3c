//! Whether a new password is one that attackers try first: common ones, names of the user and the clinic, patterns,
//! and their usual disguises (capitals, `0` for `o`, digits and signs at the end).

use domain::Code;
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::{Entropy, zxcvbn};

/// Fewest guesses that a password must withstand. An attacker who tries 30,000 common passwords, each in a few dozen
/// disguises, has tried a million; two rare words in a row already withstand more.
const FEWEST_GUESSES: u64 = 1_000_000;
/// The same for what is left without the digits and signs around it: no more than one common word in a disguise.
const FEWEST_GUESSES_OF_CORE: u64 = 100_000;
/// Most digits and signs that count as decoration; more are guessed one by one.
const MOST_DECORATION: usize = 6;
/// Most context words that are looked at, and most characters of each.
const MOST_WORDS: usize = 40;
const LONGEST_WORD: usize = 64;
/// Fewest characters of a word that means anything.
const SHORTEST_WORD: usize = 3;

/// The name of the product and what everyone here calls it.
const PRODUCT: [&str; 4] = ["healthcare", "health", "clinic", "hospital"];

/// Accepts a password (in NFC) unless it is easily guessed. `context` holds names as they are: of the user, their e-mail
/// address, of the clinic. Takes a millisecond or so: the library looks at the first 100 characters only.
pub fn judge(password: &str, context: &[String]) -> Result<(), Code> {
    let words = words(context);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Case never helps, and folding here also covers what the library's lists know in lower case only.
    let folded = password.to_lowercase();
    let Some(entropy) = too_easy(&folded, FEWEST_GUESSES, &words)
        .or_else(|| too_easy(core(&folded)?, FEWEST_GUESSES_OF_CORE, &words))
    else {
        return Ok(());
    };
    let is_name = |pattern: &MatchPattern| match pattern {
        MatchPattern::Dictionary(it) => {
            let word = it.matched_word.as_str();
            words.contains(&word) && !PRODUCT.contains(&word)
        }
        _ => false,
    };
    let from_names = entropy.sequence().iter().any(|part| is_name(&part.pattern));
    Err(if from_names { Code::PasswordFromNames } else { Code::PasswordTooCommon })
}

fn too_easy(password: &str, fewest: u64, words: &[&str]) -> Option<Entropy> {
    Some(zxcvbn(password, words)).filter(|entropy| entropy.guesses() < fewest)
}

/// What is left of a password without the few digits and signs around it, `None` when there are none or too many.
fn core(password: &str) -> Option<&str> {
    let core = password.trim_matches(|character: char| !character.is_alphabetic());
    let decoration = password.chars().count() - core.chars().count();
    (1..=MOST_DECORATION).contains(&decoration).then_some(core)
}

/// The names whole and in parts, folded.
fn words(context: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for name in context {
        let folded = name.trim().to_lowercase();
        let local_part = folded.split('@').next().unwrap_or_default().to_owned();
        let together: String = local_part.chars().filter(|character| character.is_alphanumeric()).collect();
        let parts = folded.split(|character: char| !character.is_alphanumeric()).map(str::to_owned);
        words.extend([folded.clone(), local_part, together].into_iter().chain(parts));
    }
    words.extend(PRODUCT.map(str::to_owned));
    words.retain(|word| (SHORTEST_WORD..=LONGEST_WORD).contains(&word.chars().count()));
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words.truncate(MOST_WORDS);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["marta.kowalska", "m.kowalska85@example.org", "Marta Kowalska", "Elmwood Surgery"]
            .map(str::to_owned)
            .to_vec()
    }

    /// Judges each and names every one that is judged wrongly.
    fn wrong(passwords: &[&str], expected: Result<(), Code>) -> Vec<String> {
        let judged = passwords.iter().map(|password| (password, judge(password, &names())));
        judged
            .filter(|(_, found)| *found != expected)
            .map(|(password, found)| format!("{password}: {found:?}"))
            .collect()
    }

    #[test]
    fn common_passwords_and_their_disguises_are_refused() {
        let wrong = wrong(
            &[
                "password",
                "Password1",
                "P@ssw0rd",
                "p455w0rd!",
                "passw0rd123",
                "password2024",
                "PASSWORD!!",
                "12345678",
                "123456789012345",
                "qwertyuiop",
                "qwerty123456",
                "1q2w3e4r5t",
                "zaq12wsx",
                "asdfghjkl",
                "aaaaaaaaaaaaaaa",
                "abcabcabcabcabc",
                "abcdefghijklmno",
                "iloveyou",
                "ILoveYou1!",
                "sunshine1",
                "football99",
                "superman!",
                "welcome1",
                "Welcome123",
                "letmein1",
                "admin123",
                "trustno1",
                "monkey123",
                "dragon12",
                "Dragon2024",
                "liverpool",
                "chelsea1",
                "starwars",
                "princess1",
                "passwordpassword",
                "password12345678",
                "healthcare1",
                "Hospital1",
                "clinic123",
                "Healthcare2026!",
                "qwertyqwertyqwerty",
                "00000000",
                "11223344",
                "19851985",
                "27031985",
                "changeme",
                "letmeinletmeinletmein",
            ],
            Err(Code::PasswordTooCommon),
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn names_of_the_user_and_the_clinic_are_refused() {
        let wrong = wrong(
            &[
                "marta.kowalska",
                "MartaKowalska",
                "kowalska1985",
                "kowalska85!",
                "M4rt4K0w4lsk4",
                "m.kowalska85@example.org",
                "elmwoodsurgery",
                "Elmwood2026",
                "elmwood123",
                "akslawok1",
                "martakowalska2026",
            ],
            Err(Code::PasswordFromNames),
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn reasonable_passwords_are_accepted() {
        let wrong = wrong(
            &[
                "correct horse",
                "winter boots by the door",
                "summer hats by the door",
                "lemon trees at noon",
                "three tall willows",
                "four tall poplars",
                "a lamp on the stair",
                "a kettle in the garden",
                "amber-river-maple-otter-481",
                "k3v9x-7q2mp-hh4tz-w8ncd",
                "a-ward-round-at-seven-past-eight",
                "caf\u{e9} by the harbour",
                "tr0ub4dour&3xyz",
                "Kx7pw2mq",
                "zielony parasol na deszczu",
                "\u{1f600}\u{1f431}\u{1f680}\u{1f34b}\u{1f3b2}\u{1f6b2}\u{1f340}\u{1f3ba}",
                "пароход у причала ночью",
                "marta likes fresh plums",
            ],
            Ok(()),
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn long_and_odd_input_ends_soon() {
        let (long, l33t) = ("x".repeat(128), "4@8({[<369&#!1/|0$5+7%2".repeat(6));
        let many: Vec<String> = (0..500).map(|number| format!("word{number} {}", "y".repeat(300))).collect();
        for password in
            [long.as_str(), &l33t[..128], "\0\u{1}\u{7f}abc\u{202e}", "\u{301}\u{301}\u{301}\u{301}"]
        {
            let _ = judge(password, &many);
        }
        assert!(words(&many).len() <= MOST_WORDS);
    }
}
