package io.saccade.cli.screen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in columns of equal width, for a screen of fixed-width letters. Text that is too long is cut, or wrapped when its
 * column may; control characters are shown as '?', because what is shown may come from anywhere.
 */
public final class Table {

    private static final String GAP = "  ";
    private static final int NARROWEST = 6;

    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with these columns. */
    public Table(Column... columns) {
        this.columns = List.of(columns);
    }

    /**
     * A column.
     *
     * @param title over it
     * @param right whether its text stands to the right, as numbers do
     * @param wraps whether its text may take several lines; else it is cut
     */
    public record Column(String title, boolean right, boolean wraps) {

        /** Text, cut when too long. */
        public static Column text(String title) {
            return new Column(title, false, false);
        }

        /** Text on as many lines as it needs. */
        public static Column wrapped(String title) {
            return new Column(title, false, true);
        }

        /** A number. */
        public static Column number(String title) {
            return new Column(title, true, false);
        }
    }

    /** Adds a row with a cell for each column. */
    public Table row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException("a row must have " + columns.size() + " cells, got " + cells.length);
        }
        rows.add(Arrays.stream(cells).map(Table::plain).toList());
        return this;
    }

    /** The lines, title first, none longer than the width unless the table has too many columns for it. */
    public List<String> lines(int width) {
        var widths = widths(width);
        var lines = new ArrayList<String>();
        lines.addAll(row(columns.stream().map(Column::title).toList(), widths));
        lines.add(rule(widths));
        rows.forEach(row -> lines.addAll(row(row, widths)));
        return lines;
    }

    /** The widest a cell needs, and when that is too much in all, the wrapped columns give way. */
    private int[] widths(int width) {
        var widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            widths[i] = Math.max(
                    columns.get(i).title().length(),
                    rows.stream().mapToInt(row -> length(row.get(column))).max().orElse(0));
        }
        int excess = Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1) - width;
        while (excess > 0) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                boolean mayShrink = columns.get(i).wraps()
                        || columns.stream().noneMatch(Column::wraps)
                                && !columns.get(i).right();
                if (mayShrink && widths[i] > NARROWEST && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                break;
            }
            widths[widest]--;
            excess--;
        }
        return widths;
    }

    private List<String> row(List<String> cells, int[] widths) {
        var columnsOfLines = new ArrayList<List<String>>();
        int height = 1;
        for (int i = 0; i < widths.length; i++) {
            var lines = columns.get(i).wraps() ? wrap(cells.get(i), widths[i]) : List.of(cut(cells.get(i), widths[i]));
            columnsOfLines.add(lines);
            height = Math.max(height, lines.size());
        }
        var rendered = new ArrayList<String>();
        for (int line = 0; line < height; line++) {
            var text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                var cell = line < columnsOfLines.get(i).size()
                        ? columnsOfLines.get(i).get(line)
                        : "";
                var padding = " ".repeat(Math.max(0, widths[i] - length(cell)));
                text.append(i == 0 ? "" : GAP).append(columns.get(i).right() ? padding + cell : cell + padding);
            }
            rendered.add(text.toString().stripTrailing());
        }
        return rendered;
    }

    private static String rule(int[] widths) {
        return String.join(GAP, Arrays.stream(widths).mapToObj("-"::repeat).toList());
    }

    /** Lines of at most so many letters, broken at spaces or after hyphens where there are any, and where the text itself breaks. */
    static List<String> wrap(String text, int width) {
        var lines = new ArrayList<String>();
        for (var paragraph : text.split("\n", -1)) {
            var rest = paragraph;
            while (length(rest) > width) {
                int limit = rest.offsetByCodePoints(0, width);
                int space = rest.lastIndexOf(' ', limit);
                int hyphen = rest.lastIndexOf('-', limit - 1);
                if (space > 0) {
                    lines.add(rest.substring(0, space));
                    rest = rest.substring(space + 1);
                } else if (hyphen > 0) {
                    lines.add(rest.substring(0, hyphen + 1));
                    rest = rest.substring(hyphen + 1);
                } else {
                    lines.add(rest.substring(0, limit));
                    rest = rest.substring(limit);
                }
            }
            lines.add(rest);
        }
        return lines;
    }

    /** At most so many letters, with '…' for what is missing. */
    public static String cut(String text, int width) {
        var line = text.replace('\n', ' ');
        return length(line) <= width
                ? line
                : line.substring(0, line.offsetByCodePoints(0, Math.max(0, width - 1))) + "…";
    }

    /** Without control characters, which could move the cursor; line breaks stay. */
    public static String plain(String text) {
        return text.codePoints()
                .map(c -> c != '\n' && Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static int length(String text) {
        return text.contains("\n")
                ? text.lines()
                        .mapToInt(line -> line.codePointCount(0, line.length()))
                        .max()
                        .orElse(0)
                : text.codePointCount(0, text.length());
    }
}
