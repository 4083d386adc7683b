//! Human-readable statistics: a table, a line per group over time, and a plot of the total.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{
    plot,
    tally::{Report, Row},
};
use crate::output::{Cell, Table, Times, duration};

/// The columns of the plot.
const PLOT_WIDTH: usize = 72;
/// The lines of the plot.
const PLOT_HEIGHT: usize = 6;
/// The columns of a group's line.
const LINE_WIDTH: usize = 24;

pub(super) fn view(report: &Report, times: &Times) -> String {
    let mut table = Table::new(&[
        "",
        "EVENTS",
        "SHARE",
        "RATE",
        "BYTES",
        "AVERAGE",
        "LARGEST",
        "OVER TIME",
    ]);
    for group in &report.groups {
        let counts: Vec<u64> = report
            .buckets
            .iter()
            .map(|bucket| bucket.by.get(&group.key).copied().unwrap_or(0))
            .collect();
        table.row(row(group, report.total.events, &counts));
    }
    let counts: Vec<u64> = report.buckets.iter().map(|bucket| bucket.events).collect();
    table.row(row(&report.total, report.total.events, &counts).map(|cell| cell.styled(Style::new().bold())));
    let mut text = table.to_string();
    if !counts.is_empty() {
        plotted(&mut text, report, &counts, times);
    }
    text
}

fn row(group: &Row, all: u64, counts: &[u64]) -> [Cell; 8] {
    let counts = plot::squeezed(counts, LINE_WIDTH);
    let highest = counts.iter().copied().max().unwrap_or(0);
    let share = if all == 0 {
        0.0
    } else {
        group.events as f64 * 100.0 / all as f64
    };
    [
        Cell::text(&group.key),
        Cell::number(group.events),
        Cell::number(format!("{share:.1} %")),
        Cell::number(rate(group.per_second)),
        Cell::number(bytes(group.bytes)),
        Cell::number(bytes(group.average_bytes)),
        Cell::number(bytes(group.largest_bytes)),
        Cell::text(plot::line(&counts, highest).trim_end()).styled(AnsiColor::Cyan.on_default()),
    ]
}

fn plotted(text: &mut String, report: &Report, counts: &[u64], times: &Times) {
    let (dim, cyan) = (Style::new().dimmed(), AnsiColor::Cyan.on_default());
    let squeezed = plot::squeezed(counts, PLOT_WIDTH);
    let each = counts.len().div_ceil(squeezed.len().max(1)) as u64;
    let step = std::time::Duration::from_secs(report.bucket_seconds * each);
    let highest = squeezed.iter().copied().max().unwrap_or(0);
    let scale = highest.to_string().len().max(2);
    let _ = writeln!(text, "\nevents in each {}", duration(step));
    for (row, line) in plot::columns(&squeezed, PLOT_HEIGHT).iter().enumerate() {
        let mark = match row {
            0 => highest.to_string(),
            _ if row + 1 == PLOT_HEIGHT => "0".to_owned(),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "{mark:>scale$} {dim}│{dim:#}{cyan}{}{cyan:#}",
            line.trim_end()
        );
    }
    let axis = "─".repeat(squeezed.len());
    let _ = writeln!(text, "{:>scale$} {dim}└{axis}{dim:#}", "");
    let ends = report.buckets.first().zip(report.buckets.last());
    if let Some((Some(first), Some(last))) = ends.map(|(first, last)| (first.start, last.start)) {
        let (first, last) = (times.date_time(first), times.date_time(last));
        let gap = (squeezed.len() + 1)
            .saturating_sub(first.len() + last.len())
            .max(2);
        let _ = writeln!(
            text,
            "{:>scale$} {dim}{first}{}{last}{dim:#}",
            "",
            " ".repeat(gap)
        );
    }
}

/// A rate in a fitting unit: `12/s`, `3.5/min`, `0.8/h`.
fn rate(per_second: Option<f64>) -> String {
    match per_second {
        None => "-".to_owned(),
        Some(rate) if rate >= 1.0 => format!("{rate:.1}/s"),
        Some(rate) if rate * 60.0 >= 1.0 => format!("{:.1}/min", rate * 60.0),
        Some(rate) if rate * 3600.0 >= 1.0 => format!("{:.1}/h", rate * 3600.0),
        Some(rate) => format!("{:.2}/d", rate * 86_400.0),
    }
}

fn bytes(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {unit}")
    }
}
