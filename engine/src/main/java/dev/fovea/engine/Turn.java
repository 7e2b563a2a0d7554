package dev.fovea.engine;

import dev.fovea.engine.Conversation.Mark;
import dev.fovea.engine.Conversation.Prefilled;
import dev.fovea.engine.text.Sampling;
import java.util.List;

/// One prompt and its answer.
final class Turn {
    private final Engine engine;
    private final Conversation conversation;
    private final Sampling sampling;
    private final TokenSink sink;
    private final Watch watch;

    Turn(Engine engine, Conversation conversation, Sampling sampling, TokenSink sink, Watch watch) {
        this.engine = engine;
        this.conversation = conversation;
        this.sampling = sampling;
        this.sink = sink;
        this.watch = watch;
    }

    Generation run(Prompt prompt) {
        StatsRecorder recorder = watch.recorder();
        Answer answer = new Answer(engine, sampling, recorder);
        int[] ids = conversation.ids(prompt);
        Mark before = conversation.mark();
        Prefilled prefilled;
        boolean more;
        engine.lock();
        try {
            recorder.resync();
            prefilled = conversation.prefill(ids, prompt.images(), watch);
            more = answer.first(prefilled.logits(), conversation.history());
            recorder.end(Stage.PREFILL);
        } catch (CancelledException e) {
            conversation.restore(before);
            return answer.generation(StopReason.CANCELLED, conversation.stats(recorder, List.of(), 0, 0));
        } catch (RuntimeException | Error e) {
            conversation.restore(before);
            throw e;
        } finally {
            engine.unlock();
        }
        StopReason reason = decode(answer, more);
        conversation.answered(answer.ids());
        Stats stats = conversation.stats(recorder, prefilled.images(), prefilled.rows(), answer.ids().length);
        return answer.generation(reason, stats);
    }

    /// Takes a prompt into the conversation without an answer.
    static Stats prefill(Engine engine, Conversation conversation, Prompt prompt, Watch watch) {
        int[] ids = conversation.ids(prompt);
        Mark before = conversation.mark();
        engine.lock();
        try {
            watch.recorder().resync();
            Prefilled prefilled = conversation.prefill(ids, prompt.images(), watch);
            watch.recorder().end(Stage.PREFILL);
            return conversation.stats(watch.recorder(), prefilled.images(), prefilled.rows(), 0);
        } catch (RuntimeException | Error e) {
            conversation.restore(before);
            throw e;
        } finally {
            engine.unlock();
        }
    }

    private StopReason decode(Answer answer, boolean more) {
        while (true) {
            watch.listener().progress(Stage.DECODE, answer.ids().length, sampling.maxTokens());
            boolean wanted = answer.deliver(sink) && !watch.cancelled().getAsBoolean();
            if (!more) {
                return answer.stopReason();
            }
            if (!wanted) {
                return StopReason.CANCELLED;
            }
            if (conversation.full()) {
                return StopReason.LENGTH;
            }
            engine.lock();
            try {
                watch.recorder().resync();
                more = answer.next(conversation.step(answer.last(), watch));
                watch.recorder().end(Stage.DECODE);
            } catch (CancelledException e) {
                return StopReason.CANCELLED;
            } finally {
                engine.unlock();
            }
        }
    }
}
