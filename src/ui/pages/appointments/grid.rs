//! The arithmetic of the day grid: rows of equal length, cells that span them. No HTML here.

/// Row length in minutes when nobody works.
const USUAL_STEP: u32 = 30;
/// Shortest and longest row in minutes.
const STEPS: std::ops::RangeInclusive<u32> = 5..=60;

/// A slot of a doctor, in minutes since midnight at the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// First minute.
    pub from: u32,
    /// First minute after.
    pub until: u32,
    /// Whether it can still be booked.
    pub is_free: bool,
}

/// One doctor's day before it is laid out; events are start and end in minutes since midnight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The slots in order.
    pub slots: Vec<Slot>,
    /// The appointments.
    pub events: Vec<(u32, u32)>,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Appointments, by position in [`Column::events`], in order of time; several when they share rows.
    Events(Vec<usize>),
    /// A slot that can be booked, by position in [`Column::slots`].
    Free(usize),
    /// Within the hours, but neither booked nor to be booked.
    Blank,
    /// Outside the hours.
    Off,
}

/// A cell of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its first row.
    pub row: usize,
    /// Its number of rows.
    pub span: usize,
    /// What it shows.
    pub content: Content,
}

/// The whole grid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Length of a row in minutes.
    pub step: u32,
    /// Where each row begins, in minutes since midnight.
    pub rows: Vec<u32>,
    /// The row of the present moment.
    pub now: Option<usize>,
    /// Cells of each column in order, covering every row once.
    pub columns: Vec<Vec<Cell>>,
}

const fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The longest row on whose borders all slots begin and end.
fn step(columns: &[Column]) -> u32 {
    let slots = columns.iter().flat_map(|column| &column.slots);
    let step = slots.fold(0, |step, slot| {
        greatest_common_divisor(
            greatest_common_divisor(step, slot.from),
            slot.until.saturating_sub(slot.from),
        )
    });
    if step == 0 { USUAL_STEP } else { step.clamp(*STEPS.start(), *STEPS.end()) }
}

/// Lays the columns out; `now` in minutes since midnight draws the line of the present moment.
pub fn layout(columns: &[Column], now: Option<u32>) -> Grid {
    let step = step(columns);
    let spans = || {
        let slots = columns.iter().flat_map(|column| column.slots.iter().map(|slot| (slot.from, slot.until)));
        slots.chain(columns.iter().flat_map(|column| column.events.iter().copied()))
    };
    let (Some(first), Some(last)) = (spans().map(|span| span.0).min(), spans().map(|span| span.1).max())
    else {
        return Grid { step, ..Grid::default() };
    };
    let start = first / step * step;
    let count = (last.saturating_sub(start)).div_ceil(step) as usize;
    let rows: Vec<u32> = (0..).map(|row| start + row * step).take(count).collect();
    let now = now.and_then(|now| rows.iter().position(|row| (*row..row + step).contains(&now)));
    let columns = columns.iter().map(|column| cells(column, start, step, count)).collect();
    Grid { step, rows, now, columns }
}

/// First row and row after the last of a time; at least one row.
fn rows_of(from: u32, until: u32, start: u32, step: u32) -> (usize, usize) {
    let first = (from.saturating_sub(start) / step) as usize;
    let end = until.saturating_sub(start).div_ceil(step) as usize;
    (first, end.max(first + 1))
}

/// Appointments that share rows stand in one cell.
fn clusters(column: &Column, start: u32, step: u32) -> Vec<Cell> {
    let mut order: Vec<usize> = (0..column.events.len()).collect();
    order.sort_by_key(|&event| column.events[event]);
    let mut cells: Vec<Cell> = Vec::new();
    for event in order {
        let (from, until) = column.events[event];
        let (first, end) = rows_of(from, until, start, step);
        match cells.last_mut() {
            Some(Cell { row, span, content: Content::Events(events) }) if first < *row + *span => {
                *span = (*span).max(end - *row);
                events.push(event);
            }
            _ => cells.push(Cell { row: first, span: end - first, content: Content::Events(vec![event]) }),
        }
    }
    cells
}

fn cells(column: &Column, start: u32, step: u32, count: usize) -> Vec<Cell> {
    let mut cells = clusters(column, start, step);
    let mut covered = vec![false; count];
    let cover = |covered: &mut Vec<bool>, row: usize, span: usize| {
        covered.iter_mut().skip(row).take(span).for_each(|row| *row = true);
    };
    for cell in &cells {
        cover(&mut covered, cell.row, cell.span);
    }
    for (position, slot) in column.slots.iter().enumerate() {
        let (first, end) = rows_of(slot.from, slot.until, start, step);
        let is_whole = (first..end).all(|row| covered.get(row) == Some(&false));
        let (rows, span) = if is_whole { (first..first + 1, end - first) } else { (first..end, 1) };
        for row in rows {
            if covered.get(row) == Some(&false) {
                let content = if slot.is_free && is_whole { Content::Free(position) } else { Content::Blank };
                cells.push(Cell { row, span, content });
                cover(&mut covered, row, span);
            }
        }
    }
    let mut row = 0;
    while row < count {
        let span = covered[row..].iter().take_while(|covered| !**covered).count();
        if span > 0 {
            cells.push(Cell { row, span, content: Content::Off });
        }
        row += span.max(1);
    }
    cells.sort_by_key(|cell| cell.row);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slots(from: u32, until: u32, minutes: u32) -> Vec<Slot> {
        (from..until)
            .step_by(minutes as usize)
            .map(|from| Slot { from, until: from + minutes, is_free: true })
            .collect()
    }

    fn spans(cells: &[Cell]) -> Vec<(usize, usize)> {
        cells.iter().map(|cell| (cell.row, cell.span)).collect()
    }

    #[test]
    fn an_hour_spans_two_half_hour_rows() {
        let column = Column { slots: slots(540, 660, 30), events: vec![(570, 630)] };
        let grid = layout(&[column], None);
        assert_eq!(grid.rows, [540, 570, 600, 630]);
        assert_eq!(spans(&grid.columns[0]), [(0, 1), (1, 2), (3, 1)]);
        assert_eq!(grid.columns[0][1].content, Content::Events(vec![0]));
    }

    #[test]
    fn rows_are_as_long_as_the_smallest_common_slot() {
        let grid = layout(
            &[
                Column { slots: slots(540, 660, 20), events: vec![] },
                Column { slots: slots(540, 660, 30), events: vec![] },
            ],
            None,
        );
        assert_eq!(grid.step, 10);
        assert_eq!(grid.columns[1][0].span, 3);
        assert_eq!(layout(&[Column::default()], None).rows, Vec::<u32>::new());
    }

    #[test]
    fn appointments_at_one_time_share_a_cell() {
        let column = Column { slots: slots(540, 660, 30), events: vec![(570, 600), (540, 600), (600, 630)] };
        let grid = layout(&[column], None);
        assert_eq!(grid.columns[0][0], Cell { row: 0, span: 2, content: Content::Events(vec![1, 0]) });
        assert_eq!(grid.columns[0][1], Cell { row: 2, span: 1, content: Content::Events(vec![2]) });
    }

    #[test]
    fn a_lunch_break_is_one_cell_outside_the_hours() {
        let mut column = Column { slots: slots(540, 600, 30), events: vec![] };
        column.slots.extend(slots(720, 780, 30));
        let grid = layout(&[column], None);
        assert!(grid.columns[0].contains(&Cell { row: 2, span: 4, content: Content::Off }));
    }

    #[test]
    fn a_slot_that_is_partly_taken_or_past_cannot_be_booked() {
        let mut column = Column { slots: slots(540, 660, 60), events: vec![(540, 570)] };
        column.slots.extend(slots(660, 690, 30));
        column.slots[1].is_free = false;
        let grid = layout(&[column], None);
        let contents: Vec<_> =
            grid.columns[0].iter().map(|cell| (cell.row, cell.span, &cell.content)).collect();
        assert_eq!(contents[1], (1, 1, &Content::Blank));
        assert_eq!(contents[2], (2, 2, &Content::Blank));
        assert_eq!(contents[3], (4, 1, &Content::Free(2)));
    }

    #[test]
    fn the_line_of_now_stands_in_the_row_that_holds_it() {
        let column = Column { slots: slots(540, 660, 30), events: vec![] };
        for (now, row) in [(539, None), (540, Some(0)), (602, Some(2)), (659, Some(3)), (660, None)] {
            assert_eq!(layout(std::slice::from_ref(&column), Some(now)).now, row, "{now}");
        }
    }

    proptest! {
        #[test]
        fn every_row_of_every_column_is_covered_once(
            events in proptest::collection::vec((0u32..1400, 1u32..240), 0..12),
            minutes in 5u32..90,
            from in 0u32..600,
            length in 0u32..600,
        ) {
            let events = events.into_iter().map(|(from, minutes)| (from, from + minutes)).collect();
            let slots = slots(from, from + length, minutes);
            let grid = layout(&[Column { slots, events }], Some(700));
            for column in &grid.columns {
                let mut next = 0;
                for cell in column {
                    prop_assert_eq!(cell.row, next);
                    next += cell.span;
                }
                prop_assert_eq!(next, grid.rows.len());
            }
        }
    }
}
