package dev.fovea.eval.report;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Task;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The report as one HTML page that needs nothing else: curves, tables and how it was made.
public final class HtmlReport {
    private final StringBuilder out = new StringBuilder();

    private HtmlReport() {}

    public static String of(Task task, Results results, Facts facts) {
        HtmlReport report = new HtmlReport();
        report.head(task, facts);
        results.byModel().forEach(report::model);
        report.foot(facts);
        return report.out.toString();
    }

    private static String style() {
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css: expected beside this class, found nothing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void put(String html) {
        out.append(html).append('\n');
    }

    private void element(String tag, String text) {
        put("<" + tag + ">" + Html.escape(text) + "</" + tag + ">");
    }

    private void head(Task task, Facts facts) {
        put("<!doctype html>");
        put("<html lang=\"en\"><head><meta charset=\"utf-8\">");
        put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        element("title", "Fovea: " + task.name());
        put("<style>" + style() + "</style></head><body><main>");
        put("<header>");
        element("h1", task.name());
        put("<p class=\"lead\">" + Html.escape(task.samples().size() + " questions, greedy answers. " + facts.machine())
                + "; " + Html.escape(facts.technique()) + ".</p>");
        put("<details open><summary>How to compare these numbers with others</summary><ol>");
        Facts.protocol(task).forEach(line -> element("li", line));
        put("</ol></details></header>");
    }

    private void model(String model, List<ArmResult> arms) {
        put("<section>");
        element("h2", model);
        legend(arms);
        put("<div class=\"charts\">");
        for (String name : names(arms)) {
            put("<figure>");
            element("figcaption", name);
            put(Curves.of(name, arms) + "</figure>");
        }
        put("</div>");
        accuracy(arms);
        cost(arms);
        put("</section>");
    }

    private static Set<String> names(List<ArmResult> arms) {
        Set<String> names = new LinkedHashSet<>();
        arms.forEach(arm -> arm.metrics().forEach(metric -> names.add(metric.name())));
        return names;
    }

    private void legend(List<ArmResult> arms) {
        put("<ul class=\"legend\">");
        Set<String> methods = new LinkedHashSet<>();
        arms.forEach(arm -> methods.add(arm.arm().method()));
        for (String method : methods) {
            Methods style = Methods.of(method);
            String line = "<line class=\"curve\" x1=\"0\" y1=\"7\" x2=\"26\" y2=\"7\" stroke-dasharray=\""
                    + style.dash() + "\"/>";
            put("<li style=\"color:" + style.colour() + "\"><svg class=\"key\" viewBox=\"0 0 26 14\">" + line
                    + Curves.marker(style.marker(), 13, 7) + "/></svg><span>"
                    + Html.escape(method + (Methods.isControl(method) ? " (control)" : "")) + "</span></li>");
        }
        put("</ul>");
    }

    private void accuracy(List<ArmResult> arms) {
        element("h3", "Accuracy, percent");
        put("<div class=\"wide\"><table><thead><tr><th>method</th><th>tokens</th>");
        Set<String> names = names(arms);
        names.forEach(name -> element("th", name));
        put("</tr></thead><tbody>");
        for (ArmResult arm : arms) {
            put("<tr>");
            element("th", arm.arm().label());
            element("td", Numbers.fixed(arm.cost().tokens(), 1));
            for (String name : names) {
                put("<td>"
                        + arm.metrics().stream()
                                .filter(metric -> metric.name().equals(name))
                                .findFirst()
                                .map(HtmlReport::cell)
                                .orElse("–")
                        + "</td>");
            }
            put("</tr>");
        }
        put("</tbody></table></div>");
    }

    private static String cell(Metric metric) {
        String value = Numbers.fixed(metric.value(), 1);
        return metric.low() == metric.high()
                ? value
                : value + "<small>" + Numbers.fixed(metric.low(), 0) + "–" + Numbers.fixed(metric.high(), 0)
                        + "</small>";
    }

    private void cost(List<ArmResult> arms) {
        element("h3", "What is kept, and what it costs");
        put("<div class=\"wide\"><table><thead><tr><th>method</th><th>tokens</th><th>of all</th><th>retained</th>"
                + "<th>same answer</th><th>evidence seen</th><th>operations</th><th>first token</th><th>tokens/s</th>"
                + "<th>answers</th></tr></thead><tbody>");
        for (ArmResult arm : arms) {
            ArmResult.Cost cost = arm.cost();
            put("<tr>");
            element("th", arm.arm().label());
            element("td", Numbers.fixed(cost.tokens(), 1));
            element("td", Numbers.percent(100 * cost.tokens() / cost.before()));
            element("td", Numbers.percent(arm.retained(0)));
            element("td", Numbers.percent(arm.agreement()));
            element("td", Numbers.percent(arm.recall()));
            element("td", Numbers.operations(cost.ops()));
            element("td", Numbers.seconds(cost.firstSeconds()));
            element("td", Numbers.fixed(cost.tokensPerSecond(), 1));
            element("td", Integer.toString(arm.answers()));
            put("</tr>");
        }
        put("</tbody></table></div>");
    }

    private void foot(Facts facts) {
        put("<footer>");
        if (!facts.refused().isEmpty()) {
            element("h3", "Not served");
            put("<ul>");
            facts.refused().forEach((method, why) -> element("li", method + ": " + why));
            put("</ul>");
        }
        put(
                "<p>Retained: the headline in percent of that with all tokens, over the same questions. Same answer: equal to"
                        + " the answer with all tokens, right or wrong. Evidence seen: mean share of the patches that show the"
                        + " answer, at the highest resolution, that the language model saw. Operations: counted from the shapes"
                        + " that ran, until the first token. First token: median; tokens/s: after the first.</p>");
        put("<p><code>" + Html.escape(facts.command()) + "</code></p>");
        put("</footer></main></body></html>");
    }
}
