//! Tables: columns as wide as their content, bold headings, right-aligned numbers.

use std::fmt;

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

/// One cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    /// Left-aligned text.
    pub fn text(text: impl fmt::Display) -> Self {
        Self {
            text: super::line::visible(&text.to_string()),
            ..Self::default()
        }
    }

    /// A right-aligned number.
    pub fn number(number: impl fmt::Display) -> Self {
        Self {
            right: true,
            ..Self::text(number)
        }
    }

    /// The same in `style`.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// A table.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these headings and no rows.
    pub fn new(headings: &[&str]) -> Self {
        let bold = Style::new().bold();
        let heading = |heading: &&str| Cell::text(heading).styled(bold);
        Self {
            rows: vec![headings.iter().map(heading).collect()],
        }
    }

    /// Adds a row, with as many cells as there are headings.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
    }

    /// Whether the column's cells below the heading are numbers.
    fn is_right(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().skip(1).filter_map(|row| row.get(column));
        cells.next().is_some_and(|cell| cell.right)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let style = cell.style;
                let gap = " ".repeat(width.saturating_sub(cell.text.width()));
                let text = match cell.text.as_str() {
                    "" => String::new(),
                    text => format!("{style}{text}{style:#}"),
                };
                if self.is_right(column) {
                    line.push_str(&gap);
                    line.push_str(&text);
                } else {
                    line.push_str(&text);
                    line.push_str(&gap);
                }
                line.push_str("  ");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
