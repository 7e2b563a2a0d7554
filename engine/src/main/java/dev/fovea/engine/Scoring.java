package dev.fovea.engine;

import dev.fovea.engine.Conversation.Mark;
import dev.fovea.engine.Conversation.Prefilled;
import dev.fovea.engine.text.Sampler;
import dev.fovea.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Scores answers to a prompt token by token, as if the model had chosen them: every token's row is the last one of
/// its pass, as it is while an answer is made, so methods that treat the last row apart see what they would see
/// there. The prompt passes the decoder once; each option is forgotten before the next.
final class Scoring {
    private final Engine engine;
    private final Conversation conversation;
    private final Watch watch;

    Scoring(Engine engine, Conversation conversation, Watch watch) {
        this.engine = engine;
        this.conversation = conversation;
        this.watch = watch;
    }

    /// Leaves the conversation as it was.
    OptionScores run(Prompt prompt, List<int[]> options) {
        StatsRecorder recorder = watch.recorder();
        int[] ids = conversation.ids(prompt);
        Mark before = conversation.mark();
        try {
            Prefilled prefilled;
            Tensor first; // [1, vocab]; each option's first token is judged by it
            engine.lock();
            try {
                recorder.resync();
                prefilled = conversation.prefill(ids, prompt.images(), watch);
                first = prefilled.logits().copy();
                recorder.end(Stage.PREFILL);
                recorder.firstToken();
            } finally {
                engine.unlock();
            }
            Mark after = conversation.mark();
            List<OptionScore> scores = new ArrayList<>();
            int tokens = 0;
            for (int[] option : options) {
                scores.add(score(option, first));
                conversation.restore(after);
                tokens += option.length;
            }
            return new OptionScores(scores, conversation.stats(recorder, prefilled.images(), prefilled.rows(), tokens));
        } finally {
            conversation.restore(before);
        }
    }

    private OptionScore score(int[] ids, Tensor first) {
        if (conversation.position() + ids.length > conversation.context()) {
            throw new PromptTooLongException(conversation.position(), ids.length, conversation.context());
        }
        float[] logprob = new float[ids.length];
        logprob[0] = logprob(first, ids[0]);
        for (int i = 1; i < ids.length; i++) {
            engine.lock();
            try {
                watch.recorder().resync();
                logprob[i] = logprob(conversation.step(ids[i - 1], watch), ids[i]);
                watch.recorder().end(Stage.DECODE);
            } finally {
                engine.unlock();
            }
        }
        return new OptionScore(ids.clone(), logprob);
    }

    private static float logprob(Tensor logits, int token) {
        if (token < 0 || token >= logits.cols()) {
            throw new IllegalArgumentException(
                    "option: expected tokens of 0 … " + (logits.cols() - 1) + ", found " + token);
        }
        return (float) (logits.get(0, token) - Sampler.logSumExp(logits));
    }
}
