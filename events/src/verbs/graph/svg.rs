//! The graph as an image: three columns and curves between them. An arrow begins at the consumed fact, or at the
//! aggregate's name if all facts are consumed.

use std::fmt::Write as _;

use super::{
    diagram::lines,
    model::{Aggregate, Consumed, Graph, Node, Status},
};

const MARGIN: f64 = 24.0;
const LINE: f64 = 18.0;
const GAP: f64 = 20.0;
const SERVICE_WIDTH: f64 = 120.0;
const AGGREGATE_WIDTH: f64 = 170.0;
const READER_WIDTH: f64 = 190.0;
/// The left edges of the columns.
const AGGREGATES: f64 = MARGIN + SERVICE_WIDTH + 110.0;
const READERS: f64 = AGGREGATES + AGGREGATE_WIDTH + 240.0;
const WIDTH: f64 = READERS + READER_WIDTH + MARGIN;
/// The height of the headings.
const TOP: f64 = 56.0;

const STYLE: &str = "
    :root { color-scheme: light dark; }
    svg { --ink: #1d2733; --dim: #6b7785; --paper: #ffffff; --box: #f4f6f9; --line: #c5ccd6; --wrong: #c62828; }
    .c0 { --c: #2563eb; } .c1 { --c: #c2410c; } .c2 { --c: #15803d; } .c3 { --c: #9333ea; } .c4 { --c: #b45309; } .c5 { --c: #0e7490; }
    @media (prefers-color-scheme: dark) {
      svg { --ink: #e6eaf0; --dim: #94a0b0; --paper: #12161c; --box: #1c232d; --line: #3a4553; --wrong: #ff7b72; }
      .c0 { --c: #7aa7ff; } .c1 { --c: #ff9d6b; } .c2 { --c: #6fd48d; } .c3 { --c: #cf9bff; } .c4 { --c: #f0b95a; } .c5 { --c: #62cde0; }
    }
    .paper { fill: var(--paper); }
    text { font: 13px system-ui, sans-serif; fill: var(--ink); }
    .head { font-size: 11px; letter-spacing: .08em; fill: var(--dim); }
    .name { font-weight: 600; }
    .dim { fill: var(--dim); font-size: 12px; }
    .wrong-text { fill: var(--wrong); font-size: 12px; }
    .box { fill: var(--box); stroke: var(--line); }
    .reader { stroke: var(--c); stroke-width: 1.5; }
    .wrong { stroke: var(--wrong); stroke-dasharray: 5 4; }
    .flow { fill: none; stroke: var(--line); stroke-width: 1.5; }
    .consumed { stroke: var(--c); opacity: .85; }
    .missing { stroke-dasharray: 5 4; }
";

/// The position of a box: its top and its height.
#[derive(Clone, Copy)]
struct Place {
    top: f64,
    height: f64,
}

impl Place {
    fn middle(self) -> f64 {
        self.top + self.height / 2.0
    }
}

/// The image.
pub(super) fn svg(graph: &Graph) -> String {
    let aggregates = stacked(
        graph
            .aggregates
            .iter()
            .map(|aggregate| 30.0 + LINE * aggregate.facts.len() as f64),
        TOP,
    );
    let end = aggregates.last().map_or(TOP, |place| place.top + place.height);
    let heights: Vec<f64> = graph
        .readers
        .iter()
        .map(|reader| 14.0 + LINE * lines(reader).len() as f64)
        .collect();
    // As tall as the aggregates' column, if it fits.
    let total = heights.iter().sum::<f64>() + GAP * heights.len().saturating_sub(1) as f64;
    let readers = stacked(heights.into_iter(), TOP + ((end - TOP - total) / 2.0).max(0.0));
    let end = readers
        .last()
        .map_or(end, |place| end.max(place.top + place.height));
    let (width, height) = (WIDTH, end + MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Publishers and readers of events\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
    );
    for (x, heading) in [
        (MARGIN, "PUBLISHED BY"),
        (AGGREGATES, "EVENTS"),
        (READERS, "READ BY"),
    ] {
        let _ = writeln!(out, "<text class=\"head\" x=\"{x}\" y=\"32\">{heading}</text>");
    }
    arrows(&mut out, graph, &aggregates, &readers);
    publishers(&mut out, graph, &aggregates);
    for (aggregate, place) in graph.aggregates.iter().zip(&aggregates) {
        aggregate_box(&mut out, aggregate, *place);
    }
    for (index, (reader, place)) in graph.readers.iter().zip(&readers).enumerate() {
        reader_box(&mut out, reader, *place, index);
    }
    out.push_str("</svg>\n");
    out
}

/// Stacked boxes.
fn stacked(heights: impl Iterator<Item = f64>, top: f64) -> Vec<Place> {
    let mut next = top;
    let place = |height| {
        let place = Place { top: next, height };
        next += height + GAP;
        place
    };
    heights.map(place).collect()
}

fn publishers(out: &mut String, graph: &Graph, places: &[Place]) {
    for (service, owned) in graph.publishers() {
        let owned: Vec<Place> = graph
            .aggregates
            .iter()
            .zip(places)
            .filter(|(aggregate, _)| owned.iter().any(|owned| owned.name == aggregate.name))
            .map(|(_, place)| *place)
            .collect();
        let middle = owned.iter().map(|place| place.middle()).sum::<f64>() / owned.len().max(1) as f64;
        for place in &owned {
            curve(
                out,
                "flow",
                (MARGIN + SERVICE_WIDTH, middle),
                (AGGREGATES, place.middle()),
            );
        }
        let _ = writeln!(
            out,
            "<rect class=\"box\" x=\"{MARGIN}\" y=\"{}\" width=\"{SERVICE_WIDTH}\" height=\"34\" rx=\"17\"/>\
             <text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            middle - 17.0,
            MARGIN + SERVICE_WIDTH / 2.0,
            middle + 5.0,
            escaped(service)
        );
    }
}

fn arrows(out: &mut String, graph: &Graph, aggregates: &[Place], readers: &[Place]) {
    for (index, (reader, to)) in graph.readers.iter().zip(readers).enumerate() {
        let missing = if reader.status == Status::Missing {
            " missing"
        } else {
            ""
        };
        let class = format!("flow consumed c{}{missing}", index % 6);
        for consumed in &reader.consumes {
            let found = graph.aggregates.iter().zip(aggregates);
            for (aggregate, place) in found.filter(|(aggregate, _)| aggregate.name == consumed.aggregate) {
                for y in beginnings(aggregate, consumed, *place) {
                    curve(
                        out,
                        &class,
                        (AGGREGATES + AGGREGATE_WIDTH, y),
                        (READERS, to.middle()),
                    );
                }
            }
        }
    }
}

/// The y coordinates at which the arrows of `consumed` leave the aggregate's box.
fn beginnings(aggregate: &Aggregate, consumed: &Consumed, place: Place) -> Vec<f64> {
    if consumed.all {
        return vec![place.top + 15.0];
    }
    let facts = aggregate.facts.iter().enumerate();
    let consumed = facts.filter(|(_, fact)| consumed.facts.contains(fact));
    consumed
        .map(|(index, _)| place.top + 35.0 + LINE * index as f64)
        .collect()
}

fn curve(out: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let bend = (to.0 - from.0) / 2.0;
    let _ = writeln!(
        out,
        "<path class=\"{class}\" d=\"M{:.1},{:.1} C{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\"/>",
        from.0,
        from.1,
        from.0 + bend,
        from.1,
        to.0 - bend,
        to.1,
        to.0,
        to.1
    );
}

fn aggregate_box(out: &mut String, aggregate: &Aggregate, place: Place) {
    let _ = writeln!(
        out,
        "<rect class=\"box\" x=\"{AGGREGATES}\" y=\"{}\" width=\"{AGGREGATE_WIDTH}\" height=\"{}\" rx=\"6\"/>\
         <text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
        place.top,
        place.height,
        AGGREGATES + 12.0,
        place.top + 20.0,
        escaped(aggregate.name)
    );
    for (index, fact) in aggregate.facts.iter().enumerate() {
        let (x, y) = (AGGREGATES + 12.0, place.top + 39.0 + LINE * index as f64);
        let _ = writeln!(
            out,
            "<text class=\"dim\" x=\"{x}\" y=\"{y}\">{}</text>",
            escaped(fact)
        );
    }
}

fn reader_box(out: &mut String, reader: &Node, place: Place, index: usize) {
    let is_wrong = !reader.status.remark().is_empty();
    let class = if is_wrong {
        "box wrong".to_owned()
    } else {
        format!("box reader c{}", index % 6)
    };
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{READERS}\" y=\"{}\" width=\"{READER_WIDTH}\" height=\"{}\" rx=\"6\"/>",
        place.top, place.height
    );
    let lines = lines(reader);
    for (number, line) in lines.iter().enumerate() {
        let class = match number {
            0 => "name",
            _ if is_wrong && number + 1 == lines.len() => "wrong-text",
            _ => "dim",
        };
        let (x, y) = (READERS + 12.0, place.top + 21.0 + LINE * number as f64);
        let _ = writeln!(
            out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
            escaped(line)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
