//! Plots of block characters in eighths of a line.

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `counts` in at most `width` columns: neighbours are summed evenly.
pub(super) fn squeezed(counts: &[u64], width: usize) -> Vec<u64> {
    let each = counts.len().div_ceil(width.max(1)).max(1);
    counts.chunks(each).map(|chunk| chunk.iter().sum()).collect()
}

/// One line with a column per count; `highest` is full height, and every count above zero is visible.
pub(super) fn line(counts: &[u64], highest: u64) -> String {
    let eighth = |count: &u64| EIGHTHS[eighths(*count, highest, 1)];
    counts.iter().map(eighth).collect()
}

/// `height` lines from top to bottom; the highest count is full height.
pub(super) fn columns(counts: &[u64], height: usize) -> Vec<String> {
    let highest = counts.iter().copied().max().unwrap_or(0);
    let row = |row: usize| {
        let below = (height - 1 - row) * 8;
        let part = |count: &u64| EIGHTHS[eighths(*count, highest, height).saturating_sub(below).min(8)];
        counts.iter().map(part).collect()
    };
    (0..height).map(row).collect()
}

/// The height of `count` in eighths of a line, if `highest` is `height` lines.
fn eighths(count: u64, highest: u64, height: usize) -> usize {
    if count == 0 || highest == 0 {
        return 0;
    }
    let full = (height * 8) as f64;
    ((count as f64 / highest as f64 * full).round() as usize).clamp(1, height * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_proportional_and_small_counts_are_visible() {
        assert_eq!(line(&[0, 1, 500, 1000], 1000), " ▁▄█");
        assert_eq!(columns(&[1, 4, 2, 0], 2), [" █  ", "▄██ "]);
        assert_eq!(squeezed(&[1, 1, 1, 1, 1], 2), [3, 2]);
        assert_eq!(columns(&[], 1), [""]);
    }
}
