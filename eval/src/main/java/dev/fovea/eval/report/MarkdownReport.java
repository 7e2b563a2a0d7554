package dev.fovea.eval.report;

import dev.fovea.eval.Metric;
import dev.fovea.eval.Task;
import java.util.List;

/// The report as Markdown: how it was made, then for each model what methods keep and cost.
public final class MarkdownReport {
    private final StringBuilder out = new StringBuilder();

    private MarkdownReport() {}

    public static String of(Task task, Results results, Facts facts) {
        MarkdownReport report = new MarkdownReport();
        report.head(task, facts);
        results.byModel().forEach((model, arms) -> report.model(model, arms));
        return report.out.toString();
    }

    private void line(String text) {
        out.append(text).append('\n');
    }

    private void head(Task task, Facts facts) {
        line("# " + task.name());
        line("");
        line("`" + facts.command() + "`  ");
        line(facts.machine() + "; " + facts.technique() + "; " + task.samples().size() + " questions.");
        line("");
        line("How to compare these numbers with others:");
        line("");
        List<String> protocol = Facts.protocol(task);
        for (int i = 0; i < protocol.size(); i++) {
            line((i + 1) + ". " + protocol.get(i));
        }
        if (!facts.refused().isEmpty()) {
            line("");
            line("Not served:");
            line("");
            facts.refused().forEach((method, why) -> line("* " + method + ": " + why));
        }
    }

    private void model(String model, List<ArmResult> arms) {
        line("");
        line("## " + model);
        List<Metric> columns = arms.getFirst().metrics();
        line("");
        line("Accuracy in percent.");
        line("");
        StringBuilder header = new StringBuilder("| method | tokens |");
        StringBuilder rule = new StringBuilder("|---|--:|");
        for (Metric column : columns) {
            header.append(' ').append(column.name()).append(" |");
            rule.append("--:|");
        }
        line(header.toString());
        line(rule.toString());
        for (ArmResult arm : arms) {
            StringBuilder row = new StringBuilder(
                    "| " + arm.arm().label() + " | " + Numbers.fixed(arm.cost().tokens(), 1) + " |");
            for (Metric column : columns) {
                row.append(' ').append(cell(arm, column.name())).append(" |");
            }
            line(row.toString());
        }
        line("");
        line("| method | tokens | of all | retained | same answer | evidence seen | operations | first token |"
                + " tokens/s | answers |");
        line("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (ArmResult arm : arms) {
            ArmResult.Cost cost = arm.cost();
            line("| " + arm.arm().label()
                    + " | " + Numbers.fixed(cost.tokens(), 1)
                    + " | " + Numbers.percent(100 * cost.tokens() / cost.before())
                    + " | " + Numbers.percent(arm.retained(0))
                    + " | " + Numbers.percent(arm.agreement())
                    + " | " + Numbers.percent(arm.recall())
                    + " | " + Numbers.operations(cost.ops())
                    + " | " + Numbers.seconds(cost.firstSeconds())
                    + " | " + Numbers.fixed(cost.tokensPerSecond(), 1)
                    + " | " + arm.answers() + " |");
        }
    }

    /// `87.5 (84–91)`.
    private static String cell(ArmResult arm, String name) {
        return arm.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .findFirst()
                .map(metric -> metric.low() == metric.high()
                        ? Numbers.fixed(metric.value(), 1)
                        : Numbers.fixed(metric.value(), 1) + " (" + Numbers.fixed(metric.low(), 0) + "–"
                                + Numbers.fixed(metric.high(), 0) + ")")
                .orElse("–");
    }
}
