//! Words for passwords that people read from a screen and type.

use crate::Random;

/// Words in a password; with the number at the end some 38 random bits.
const COUNT: usize = 4;

/// Short, distinct and spelled as they sound; 128, so that seven bits choose one.
const WORDS: [&str; 128] = [
    "acorn", "amber", "anchor", "apple", "arrow", "aspen", "autumn", "badger", "bamboo", "barley", "basket",
    "beacon", "beech", "birch", "bison", "bramble", "bridge", "bronze", "butter", "cabin", "cactus",
    "candle", "canyon", "carrot", "castle", "cedar", "cherry", "clover", "cobalt", "comet", "copper",
    "coral", "cotton", "cricket", "crystal", "daisy", "delta", "desert", "dolphin", "donkey", "dragon",
    "eagle", "ember", "falcon", "feather", "fern", "forest", "fossil", "garden", "garlic", "ginger",
    "glacier", "granite", "hammer", "harbour", "harvest", "hazel", "hedge", "heron", "hollow", "honey",
    "island", "ivory", "jacket", "jasmine", "jungle", "kettle", "ladder", "lagoon", "lantern", "lavender",
    "lemon", "linen", "lobster", "magnet", "maple", "marble", "meadow", "melon", "mirror", "monsoon",
    "mountain", "mustard", "nectar", "nutmeg", "oasis", "olive", "orbit", "orchard", "otter", "oyster",
    "paddle", "panda", "parsley", "pebble", "pepper", "pigeon", "planet", "plum", "pocket", "poppy",
    "prairie", "pumpkin", "quartz", "rabbit", "raven", "ribbon", "river", "robin", "rocket", "saddle",
    "saffron", "salmon", "sandal", "shadow", "silver", "spruce", "squirrel", "summit", "thistle", "timber",
    "tulip", "tunnel", "velvet", "violet", "walnut", "willow", "window",
];

/// A new password, as `amber-river-maple-otter-481`.
pub(super) fn password(random: &dyn Random) -> String {
    let bits = random.bits();
    let words = (0..COUNT).map(|position| WORDS[((bits >> (position * 7)) & 127) as usize]);
    let number = (bits >> 64) % 900 + 100;
    format!("{}-{number}", words.collect::<Vec<_>>().join("-"))
}
