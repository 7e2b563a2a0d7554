package dev.fovea.eval.task;

import dev.fovea.eval.Sample;
import dev.fovea.eval.Task;
import java.util.List;

/// A task whose questions and pictures are files.
public sealed interface FileTask extends Task
        permits ChartQa, DocVqa, HrMini, Mme, MmBench, OcrBench, Pope, ScienceQa, TextVqa, VStar, VStarLetters {
    Questions questions();

    @Override
    default List<Sample> samples() {
        return questions().samples();
    }

    @Override
    default byte[] image(String name) {
        return questions().image(name);
    }

    @Override
    default void close() {
        questions().files().close();
    }
}
