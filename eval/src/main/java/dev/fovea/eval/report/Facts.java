package dev.fovea.eval.report;

import dev.fovea.eval.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What a report says about how it was made.
///
/// @param command   that made it
/// @param machine   that it ran on
/// @param technique how the engine computed
/// @param refused   by model and method, why it was left out
public record Facts(String command, String machine, String technique, Map<String, String> refused) {

    /// The five protocol settings by which numbers of different papers fail to compare, as they are here.
    static List<String> protocol(Task task) {
        List<String> lines = new ArrayList<>();
        lines.add("Token count: visual tokens that entered the language model, measured, newline rows included, after"
                + " unpadding. A budget such as 0.2 is a share of tiles × patches before unpadding, as in HiRED.");
        lines.add("Reference text: prompts carry no OCR hints"
                + (task.notes().isEmpty() ? "." : ". " + String.join(" ", task.notes())));
        lines.add("Metric: " + task.name() + " as published; the headline and every part of it are listed, nothing is"
                + " left out; 95 % intervals are Wilson's.");
        lines.add("Budget: for methods before the decoder the tokens that enter it; for FastV the share that stays"
                + " after its layer, all tokens pass the layers before; adaptive methods (prumerge) take none. The"
                + " operations column compares them all.");
        lines.add("Retained accuracy: the ratio of two means over the same questions, a method's and that of all"
                + " tokens; not clipped at 100 %.");
        return lines;
    }
}
