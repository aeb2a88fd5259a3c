//! HTML: the frame of every page, its components, and the pages' views. Views get finished data and ask nobody.

pub mod charts;
pub mod components;
pub mod error_page;
pub mod form;
pub mod layout;
pub mod live;
pub mod markup;
pub mod notices;
pub mod pages;
