//! The layout of the screen.

use std::time::Duration;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style, Stylize as _},
    text::{Line, Span},
    widgets::{Cell, Paragraph, Row as TableRow, Sparkline, Table},
};

use super::state::{Row, State};
use crate::{
    output::{Times, duration, visible},
    readers::State as ReaderState,
};

/// A longer lag is shown in yellow, and in red from ten times as long.
const SLOW: Duration = Duration::from_secs(10);

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame, state: &State, times: &Times) {
    let [head, plot, table, foot] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(4),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(heading(state, times), head);
    rates(frame, state, plot);
    readers(frame, state, table);
    frame.render_widget(footer(state), foot);
}

fn heading<'a>(state: &State, times: &Times) -> Paragraph<'a> {
    let sample = &state.sample;
    let dead: u64 = sample.dead_letters.values().sum();
    let letters = format!("{dead} dead letters");
    let mut first = vec![
        Span::raw("events top").bold(),
        Span::raw(format!("  {}", times.date_time(sample.time))).dim(),
    ];
    if state.paused {
        first.push(Span::raw("  PAUSED").bold().yellow());
    }
    if let Some(error) = &state.error {
        first.push(Span::raw(format!("  {}", visible(error))).red());
    }
    let second = vec![
        Span::raw(format!(
            "log: {} events, {:.1} MiB, head {}   ",
            sample.events,
            sample.bytes as f64 / f64::from(1 << 20),
            sample.head
        )),
        if dead == 0 {
            Span::raw(letters).dim()
        } else {
            Span::raw(letters).red().bold()
        },
    ];
    Paragraph::new(vec![Line::from(first), Line::from(second)])
}

fn rates(frame: &mut Frame, state: &State, area: Rect) {
    let [label, plot] = Layout::horizontal([Constraint::Length(14), Constraint::Min(10)]).areas(area);
    let now = state.rates.back().copied().unwrap_or(0.0);
    let most = state.rates.iter().copied().fold(0.0, f64::max);
    let lines = vec![
        Line::raw(format!("{now:.1}/s")).bold(),
        Line::raw(format!("most {most:.1}/s")).dim(),
    ];
    frame.render_widget(Paragraph::new(lines), label);
    // The latest on the right, as many as fit. In tenths, because slow logs have rates below one.
    let room = usize::from(plot.width);
    let skipped = state.rates.len().saturating_sub(room);
    let data: Vec<u64> = std::iter::repeat_n(0, room.saturating_sub(state.rates.len()))
        .chain(
            state
                .rates
                .iter()
                .skip(skipped)
                .map(|rate| (rate * 10.0).ceil() as u64),
        )
        .collect();
    frame.render_widget(Sparkline::default().data(data).style(Style::new().cyan()), plot);
}

fn readers(frame: &mut Frame, state: &State, area: Rect) {
    let headings = [
        "READER",
        "SERVICE",
        "AT",
        "BEHIND",
        "FOR",
        "RATE",
        "UNACKED",
        "REDELIVERED",
        "DEAD",
        "",
    ];
    let widths = [
        Constraint::Min(16),
        Constraint::Length(12),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(12),
        Constraint::Length(10),
        Constraint::Length(8),
        Constraint::Length(11),
        Constraint::Length(6),
        Constraint::Length(26),
    ];
    let heading = TableRow::new(headings).style(Style::new().add_modifier(Modifier::BOLD));
    let table = Table::new(state.rows.iter().map(row), widths).header(heading);
    frame.render_widget(table, area);
}

fn row(row: &Row) -> TableRow<'static> {
    let reader = &row.reader;
    let or = |value: Option<String>, nothing: &str| value.unwrap_or_else(|| nothing.to_owned());
    let behind = reader.lag_seconds.map(Duration::from_secs_f64);
    let colour = match behind {
        None => Style::new().fg(Color::Red),
        Some(behind) if behind > SLOW * 10 => Style::new().fg(Color::Red),
        Some(behind) if behind > SLOW => Style::new().fg(Color::Yellow),
        Some(_) => Style::new(),
    };
    let red_if = |wrong: bool| {
        if wrong {
            Style::new().fg(Color::Red).bold()
        } else {
            Style::new()
        }
    };
    let remark = match reader.state {
        ReaderState::Missing => "missing",
        ReaderState::OtherLog => "of a replaced log",
        ReaderState::Ok if !reader.is_declared() => "not declared",
        ReaderState::Ok => "",
    };
    TableRow::new([
        Cell::from(visible(&reader.name)),
        Cell::from(reader.service.unwrap_or("-")),
        Cell::from(or(reader.sequence.map(|sequence| sequence.to_string()), "?")),
        Cell::from(or(reader.lag_events.map(|events| events.to_string()), "?")).style(colour),
        Cell::from(or(
            behind.map(|behind| {
                if behind.is_zero() {
                    "-".to_owned()
                } else {
                    duration(behind)
                }
            }),
            "?",
        ))
        .style(colour),
        Cell::from(or(row.rate.map(|rate| format!("{rate:.1}/s")), "-")),
        Cell::from(or(reader.unacknowledged.map(|count| count.to_string()), "-")),
        Cell::from(or(reader.redelivered.map(|count| count.to_string()), "-")),
        Cell::from(row.dead_letters.to_string()).style(red_if(row.dead_letters > 0)),
        Cell::from(remark).style(red_if(true)),
    ])
}

fn footer(state: &State) -> Line<'static> {
    let order = if state.reversed { ", reversed" } else { "" };
    Line::raw(format!(
        "q quit  p pause  sort: l lag  t time  r rate  d dead letters  n name   (by {}{order})",
        state.sort.as_str()
    ))
    .dim()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Instant};

    use ratatui::{Terminal, backend::TestBackend};

    use super::super::{sample::Sample, state::Sort};
    use super::*;
    use crate::readers::{Kind, Reader};

    fn reader(name: &str, lag: Option<u64>, done: u64) -> Reader {
        Reader {
            name: name.to_owned(),
            kind: Kind::Consumer,
            service: Some("comments"),
            state: if lag.is_some() {
                ReaderState::Ok
            } else {
                ReaderState::Missing
            },
            sequence: lag.map(|_| done),
            lag_events: lag,
            lag_seconds: lag.map(|lag| lag as f64 * 2.0),
            unacknowledged: Some(0),
            redelivered: Some(0),
            subjects: Vec::new(),
            active_at: None,
            done,
        }
    }

    fn sample(taken: Instant, head: u64, readers: Vec<Reader>) -> Sample {
        Sample {
            taken,
            time: "2026-01-31T12:00:00Z".parse().unwrap(),
            head,
            events: head,
            bytes: 3 << 20,
            readers,
            dead_letters: BTreeMap::from([("slow".to_owned(), 2)]),
        }
    }

    fn drawn(state: &State) -> String {
        let mut terminal = Terminal::new(TestBackend::new(130, 14)).unwrap();
        terminal
            .draw(|frame| draw(frame, state, &Times::new(true)))
            .unwrap();
        terminal.backend().to_string()
    }

    /// `UPDATE_DOCS=1` rewrites the page.
    #[test]
    fn the_screen_in_the_documentation_is_current() {
        let begun = Instant::now();
        let readers = |done| {
            vec![
                reader("posts-users", Some(0), done),
                reader("comments-posts", Some(12), done - 12),
                reader("comments-users", None, 0),
            ]
        };
        let mut state = State::new(sample(begun, 480, readers(480)));
        state.update(sample(begun + Duration::from_secs(2), 500, readers(500)));
        let picture = drawn(&state);
        let lines: Vec<&str> = picture
            .lines()
            .map(|line| line.trim_matches('"').trim_end())
            .collect();
        let screen = lines.join("\n");

        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events-cli.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page
            .split_once("<!-- screen: events top -->\n```console\n")
            .unwrap();
        let (shown, after) = rest.split_once("\n```\n").unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let head = "<!-- screen: events top -->\n```console\n";
            std::fs::write(path, format!("{before}{head}{}\n```\n{after}", screen.trim_end())).unwrap();
        } else {
            assert_eq!(shown, screen.trim_end(), "run this test with UPDATE_DOCS=1");
        }
    }

    #[test]
    fn rows_rates_order_and_pause() {
        let begun = Instant::now();
        let before = sample(
            begun,
            100,
            vec![reader("quick", Some(0), 100), reader("slow", Some(50), 40)],
        );
        let mut state = State::new(before);
        let now = begun + Duration::from_secs(2);
        state.update(sample(
            now,
            120,
            vec![
                reader("quick", Some(0), 120),
                reader("slow", Some(70), 41),
                reader("gone", None, 0),
            ],
        ));
        let picture = drawn(&state);
        assert!(picture.contains("head 120   2 dead letters"), "{picture}");
        assert!(picture.contains("10.0/s"), "{picture}");
        let place = |name: &str| picture.find(name).unwrap();
        // Unknown lag first, then the largest.
        assert!(
            place("gone") < place("slow") && place("slow") < place("quick"),
            "{picture}"
        );
        assert!(
            picture.contains("missing") && picture.contains("2 min 20 s"),
            "{picture}"
        );

        state.sort_by(Sort::Name);
        state.sort_by(Sort::Name);
        state.paused = true;
        state.update(sample(now, 999, Vec::new()));
        state.error = Some("no connection".to_owned());
        let picture = drawn(&state);
        assert!(
            picture.contains("PAUSED") && picture.contains("no connection"),
            "{picture}"
        );
        assert!(picture.contains("(by name, reversed)"), "{picture}");
        assert!(picture.find("slow") < picture.find("gone"), "{picture}");
    }
}
