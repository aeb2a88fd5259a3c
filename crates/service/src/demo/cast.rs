//! Who is who in the demonstration clinic. All names, numbers and addresses are made up; the phone numbers
//! are of Ofcom's range for drama, the e-mail addresses of the domain that RFC 2606 keeps for examples.

use domain::Role;
use domain::patient::Sex;

/// A member of staff.
pub(super) struct Staff {
    pub role: Role,
    pub name: &'static str,
}

/// Staff in the order of their accounts; the doctors come last.
pub(super) const STAFF: [Staff; 8] = [
    Staff { role: Role::Admin, name: "Olivia Bennett" },
    Staff { role: Role::Auditor, name: "Henry Shaw" },
    Staff { role: Role::Billing, name: "Sam Lee" },
    Staff { role: Role::Receptionist, name: "Grace Hall" },
    Staff { role: Role::Nurse, name: "Nina Okafor" },
    Staff { role: Role::Doctor, name: "Dr Amina Rahman" },
    Staff { role: Role::Doctor, name: "Dr Owen Price" },
    Staff { role: Role::Doctor, name: "Dr Helen Marsh" },
];

/// Hours of a doctor: weekdays (Monday is 1), first hour and minute, end.
pub(super) type Hours = (&'static [i8], (i8, i8), (i8, i8));

/// The hours of the three doctors: whole days, mornings, late and weekend clinics.
pub(super) const HOURS: [&[Hours]; 3] = [
    &[(&[1, 2, 3, 4, 5], (9, 0), (12, 30)), (&[1, 2, 3, 4, 5], (13, 30), (16, 30))],
    &[(&[1, 2, 4], (8, 30), (12, 30))],
    &[(&[3, 5], (12, 0), (18, 0)), (&[6], (9, 0), (13, 0)), (&[7], (10, 0), (13, 0))],
];

/// A patient: name, year of birth, sex.
pub(super) type Person = (&'static str, i16, Sex);

/// Patients; the first two have accounts.
pub(super) const PATIENTS: [Person; 40] = [
    ("Marta Kowalska", 1968, Sex::Female),
    ("Daniel Osei", 1991, Sex::Male),
    ("Aisha Siddiqui", 1984, Sex::Female),
    ("Alfie Turner", 2016, Sex::Male),
    ("Beatrice Langley", 1939, Sex::Female),
    ("Callum Fraser", 1975, Sex::Male),
    ("Charlotte Ashdown", 1988, Sex::Female),
    ("David Penhaligon", 1952, Sex::Male),
    ("Deepa Nair", 1979, Sex::Female),
    ("Edith Crowther", 1931, Sex::Female),
    ("Eleri Morgan", 1995, Sex::Female),
    ("Emeka Adeyemi", 1970, Sex::Male),
    ("Fiona Gallagher", 1963, Sex::Female),
    ("George Whitcombe", 1946, Sex::Male),
    ("Hannah Rosen", 1982, Sex::Female),
    ("Harjit Gill", 1958, Sex::Male),
    ("Imogen Fairfax", 2004, Sex::Female),
    ("Ioan Davies", 1987, Sex::Male),
    ("Isla McKenna", 2019, Sex::Female),
    ("Jack Thornbury", 1999, Sex::Male),
    ("Jerome Baptiste", 1966, Sex::Male),
    ("Joan Satterthwaite", 1943, Sex::Female),
    ("Kasia Nowak", 1993, Sex::Female),
    ("Keith Bradshaw", 1955, Sex::Male),
    ("Leila Haddad", 1989, Sex::Female),
    ("Liam Doherty", 1978, Sex::Male),
    ("Lucy Trevelyan", 1972, Sex::Female),
    ("Mei Chen", 1985, Sex::Female),
    ("Mohammed Iqbal", 1961, Sex::Male),
    ("Niamh Byrne", 2001, Sex::Female),
    ("Oscar Lindqvist", 2012, Sex::Male),
    ("Patricia Holloway", 1949, Sex::Female),
    ("Priya Raman", 1997, Sex::Female),
    ("Quentin Aldous", 1936, Sex::Male),
    ("Robin Sayer", 1990, Sex::Other),
    ("Rosalind Peake", 1957, Sex::Female),
    ("Samuel Abiola", 1983, Sex::Male),
    ("Theo Marchetti", 2008, Sex::Male),
    ("Victoria Sandys", 1976, Sex::Female),
    ("William Hargreaves", 1941, Sex::Male),
];

/// Patients with accounts, by their place in [`PATIENTS`].
pub(super) const ACCOUNTS: [usize; 2] = [MARTA, 1];
/// Marta Kowalska's place in [`PATIENTS`].
pub(super) const MARTA: usize = 0;

/// Streets that many towns have.
pub(super) const STREETS: [&str; 12] = [
    "Orchard Close",
    "Mill Lane",
    "Station Road",
    "Chapel Street",
    "Victoria Terrace",
    "Elm Grove",
    "Park View",
    "Church Hill",
    "Canal Walk",
    "Meadow Rise",
    "Kings Road",
    "Albert Street",
];

/// Insurers that do not exist.
pub(super) const INSURERS: [&str; 4] =
    ["Northway Health", "Albion Mutual", "Severn Care", "Castlegate Medical"];
