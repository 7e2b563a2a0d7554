package dev.fovea.eval.report;

import dev.fovea.eval.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One chart as SVG: a metric against visual tokens, a curve for each method.
///
/// Tokens run on a logarithmic axis, since budgets halve; intervals are drawn as thin bars.
final class Curves {
    private static final int WIDTH = 360;
    private static final int HEIGHT = 250;
    private static final int LEFT = 36;
    private static final int RIGHT = 14;
    private static final int TOP = 14;
    private static final int BOTTOM = 38;

    private final StringBuilder out = new StringBuilder();
    private final String name;
    private final double least;
    private final double most;
    private final double top;

    private Curves(String name, List<ArmResult> arms) {
        this.name = name;
        double low = arms.stream().mapToDouble(arm -> tokens(arm)).min().orElse(1);
        double high = arms.stream().mapToDouble(arm -> tokens(arm)).max().orElse(2);
        this.least = low / 1.25;
        this.most = Math.max(high * 1.25, low * 2);
        double highest = arms.stream()
                .flatMap(arm -> metric(arm, name).stream())
                .mapToDouble(Metric::high)
                .max()
                .orElse(100);
        this.top = highest <= 100 ? 100 : highest * 1.05; // points of sums such as MME's exceed 100
    }

    static String of(String name, List<ArmResult> arms) {
        Curves curves = new Curves(name, arms);
        curves.draw(arms);
        return curves.out.toString();
    }

    private static double tokens(ArmResult arm) {
        return Math.max(1, arm.cost().tokens());
    }

    private static Optional<Metric> metric(ArmResult arm, String name) {
        return arm.metrics().stream().filter(one -> one.name().equals(name)).findFirst();
    }

    private double x(double tokens) {
        return LEFT + (WIDTH - LEFT - RIGHT) * Math.log(tokens / least) / Math.log(most / least);
    }

    private double y(double value) {
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    }

    private void draw(List<ArmResult> arms) {
        out.append("<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT);
        out.append("\" role=\"img\" aria-label=\"").append(Html.escape(name)).append(" against visual tokens\">\n");
        axes();
        Map<String, List<ArmResult>> methods = new LinkedHashMap<>();
        for (ArmResult arm : arms) {
            methods.computeIfAbsent(arm.arm().method(), _ -> new ArrayList<>()).add(arm);
        }
        Optional.ofNullable(methods.get("none"))
                .flatMap(full -> metric(full.getFirst(), name))
                .ifPresent(this::all);
        methods.forEach(this::curve);
        out.append("</svg>\n");
    }

    private void axes() {
        for (int i = 0; i <= 4; i++) {
            double value = top * i / 4;
            line(LEFT, y(value), WIDTH - RIGHT, y(value), i == 0 ? "axis" : "grid");
            text(LEFT - 6, y(value) + 3.5, "end", Numbers.fixed(value, 0));
        }
        for (double tokens = 1; tokens <= most; tokens *= 2) {
            if (tokens >= least) {
                line(x(tokens), y(0), x(tokens), y(0) + 4, "axis");
                text(x(tokens), y(0) + 16, "middle", Numbers.fixed(tokens, 0));
            }
        }
        text(LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 4, "middle", "visual tokens");
    }

    private void all(Metric metric) {
        double at = y(metric.value());
        line(LEFT, at, WIDTH - RIGHT, at, "all");
    }

    private void curve(String method, List<ArmResult> arms) {
        Methods style = Methods.of(method);
        List<double[]> points = new ArrayList<>();
        out.append("<g class=\"m\" style=\"color:").append(style.colour()).append("\">\n");
        for (ArmResult arm : arms) {
            Optional<Metric> found = metric(arm, name);
            if (found.isPresent()) {
                Metric metric = found.get();
                double[] point = {x(tokens(arm)), y(metric.value())};
                points.add(point);
                line(point[0], y(metric.low()), point[0], y(Math.min(top, metric.high())), "ci");
            }
        }
        if (points.size() > 1) {
            out.append("<polyline class=\"curve\" stroke-dasharray=\"")
                    .append(style.dash())
                    .append("\" points=\"");
            points.forEach(point ->
                    out.append(at(point[0])).append(',').append(at(point[1])).append(' '));
            out.append("\"/>\n");
        }
        int next = 0;
        for (ArmResult arm : arms) {
            Optional<Metric> found = metric(arm, name);
            if (found.isPresent()) {
                double[] point = points.get(next++);
                marker(style.marker(), point[0], point[1], hint(arm, found.get()));
            }
        }
        out.append("</g>\n");
    }

    private static String hint(ArmResult arm, Metric metric) {
        return arm.arm().label() + ": " + Numbers.fixed(metric.value(), 1) + " with "
                + Numbers.fixed(arm.cost().tokens(), 0) + " tokens (" + metric.count() + " questions)";
    }

    /// A small shape with a hint; also used by the legend.
    static String marker(String shape, double x, double y) {
        String d = switch (shape) {
            case "square" -> "M-3.4-3.4h6.8v6.8h-6.8z";
            case "triangle" -> "M0-4.4 4.2 3.2h-8.4z";
            case "diamond" -> "M0-4.8 4.6 0 0 4.8-4.6 0z";
            case "star" -> "M0-5.4 1.4-1.6 5.2-1.6 2.2.8 3.3 4.6 0 2.3-3.3 4.6-2.2.8-5.2-1.6-1.4-1.6z";
            default -> "M-3.8 0a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0-7.6 0z";
        };
        return "<path transform=\"translate(" + at(x) + " " + at(y) + ")\" d=\"" + d + "\" fill=\"currentColor\"";
    }

    private void marker(String shape, double x, double y, String hint) {
        out.append(marker(shape, x, y))
                .append("><title>")
                .append(Html.escape(hint))
                .append("</title></path>\n");
    }

    private void line(double x1, double y1, double x2, double y2, String css) {
        out.append("<line class=\"")
                .append(css)
                .append("\" x1=\"")
                .append(at(x1))
                .append("\" y1=\"")
                .append(at(y1));
        out.append("\" x2=\"").append(at(x2)).append("\" y2=\"").append(at(y2)).append("\"/>\n");
    }

    private void text(double x, double y, String anchor, String text) {
        out.append("<text x=\"").append(at(x)).append("\" y=\"").append(at(y)).append("\" text-anchor=\"");
        out.append(anchor).append("\">").append(Html.escape(text)).append("</text>\n");
    }

    private static String at(double value) {
        return Numbers.fixed(value, 1);
    }
}
