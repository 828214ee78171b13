package io.saccade.cli.screen;

import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The terminal, or the file or pipe in its place. One thread at a time.
 *
 * <p>On a terminal, lines can be drawn again in place; elsewhere every line is printed once.
 */
public final class Screen {

    private static final int USUAL_WIDTH = 120;
    private static final int LEAST_WIDTH = 60;
    private static final String UP_AND_CLEAR = "\u001b[1A\u001b[2K";

    private final PrintStream out;
    private final boolean terminal;
    private final int width;
    private int drawn;

    /** A screen of a certain kind. */
    public Screen(PrintStream out, boolean terminal, int width) {
        this.out = out;
        this.terminal = terminal;
        this.width = width;
    }

    /** Standard output as it is. */
    @SuppressWarnings("SystemOut") // this is where a command line prints
    public static Screen standard() {
        var console = System.console();
        boolean terminal = console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
        return new Screen(System.out, terminal, width(System.getenv("COLUMNS")));
    }

    /** Letters in a line. */
    public int width() {
        return width;
    }

    /** Whether lines can be drawn again. */
    public boolean isTerminal() {
        return terminal;
    }

    /** Whether nobody reads any more, as when {@code | head} has seen enough. */
    public boolean isBroken() {
        return out.checkError();
    }

    /** Prints a line that stays. */
    public void line(String line) {
        clear();
        out.println(line);
        out.flush();
    }

    /** Prints lines that stay. */
    public void lines(List<String> lines) {
        lines.forEach(this::line);
    }

    /** Draws lines in place of those drawn before; only on a terminal. */
    public void draw(List<String> lines) {
        if (!terminal) {
            return;
        }
        var text = new StringBuilder(UP_AND_CLEAR.repeat(drawn));
        lines.forEach(line -> text.append(Table.cut(line, width - 1)).append('\n'));
        out.print(text);
        out.flush();
        drawn = lines.size();
    }

    /** Leaves what was drawn where it is. */
    public void keep() {
        drawn = 0;
    }

    private void clear() {
        if (drawn > 0) {
            out.print(UP_AND_CLEAR.repeat(drawn));
            drawn = 0;
        }
    }

    private static int width(@Nullable String columns) {
        try {
            return columns == null ? USUAL_WIDTH : Math.max(LEAST_WIDTH, Integer.parseInt(columns));
        } catch (NumberFormatException e) {
            return USUAL_WIDTH;
        }
    }
}
