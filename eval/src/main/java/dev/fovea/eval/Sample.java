package dev.fovea.eval;

import java.util.List;
import java.util.Map;

/// One question of a task.
///
/// @param id       unique in its task
/// @param group    what it is reported under, such as a kind of question or a subtask
/// @param image    name of its picture, for [Task#image]
/// @param question what the model is asked, the task's suffix included
/// @param answers  the reference answers, at least one; a multiple-choice question has its letter or option here
/// @param options  the choices of a multiple-choice question, in order; otherwise empty
/// @param evidence where in the picture the answer is; empty where nobody recorded it
/// @param labels   anything else that the task's scoring or a report reads
public record Sample(
        String id,
        String group,
        String image,
        String question,
        List<String> answers,
        List<String> options,
        List<Box> evidence,
        Map<String, String> labels) {
    public Sample {
        answers = List.copyOf(answers);
        options = List.copyOf(options);
        evidence = List.copyOf(evidence);
        labels = Map.copyOf(labels);
    }
}
