package io.saccade.benchmarks.vision;

import java.util.List;
import java.util.Locale;

/** Bars, one for each picture, of how many times faster than Pillow, as SVG. */
final class Chart {
    private static final int WIDTH = 900;
    private static final int LABEL = 190;
    private static final int ROW = 16;
    private static final int TOP = 46;

    /**
     * One bar.
     *
     * @param label what it is of
     * @param ratio how many times faster than the baseline, positive
     * @param group which colour it has, from 0
     */
    record Bar(String label, double ratio, int group) {}

    private static final List<String> COLOURS = List.of("#2b6cb0", "#2f855a", "#b7791f", "#805ad5");

    private Chart() {}

    static String svg(String title, List<Bar> bars) {
        double most = Math.max(2, bars.stream().mapToDouble(Bar::ratio).max().orElse(1) * 1.08);
        double scale = (WIDTH - LABEL - 60) / most;
        int height = TOP + bars.size() * ROW + 24;
        var svg = new StringBuilder();
        svg.append(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">%n"
                        .formatted(WIDTH, height));
        svg.append("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>%n".formatted(WIDTH, height));
        svg.append("<text x=\"10\" y=\"22\" font-size=\"14\">%s</text>%n".formatted(escaped(title)));
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            int y = TOP + i * ROW;
            svg.append("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n"
                    .formatted(LABEL - 6, y + 11, escaped(bar.label)));
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                    LABEL,
                    y + 2,
                    bar.ratio * scale,
                    ROW - 4,
                    COLOURS.get(bar.group % COLOURS.size())));
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%.1f\" y=\"%d\">%.2f</text>%n",
                    LABEL + bar.ratio * scale + 4,
                    y + 11,
                    bar.ratio));
        }
        double one = LABEL + scale;
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#c53030\"/>%n",
                one,
                TOP - 6,
                one,
                height - 20));
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" fill=\"#c53030\">Pillow</text>%n", one + 3, height - 8));
        return svg.append("</svg>\n").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
