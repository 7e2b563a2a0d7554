package dev.fovea.engine;

import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.text.DecoderHook;
import dev.fovea.engine.text.Sampling;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;

/// A conversation: its cache, its images and its method. A follow-up question costs no vision work.
///
/// Belongs to one thread at a time and throws if entered twice; [#cancel] may come from any thread.
public final class Session implements AutoCloseable {
    private final Engine engine;
    private final Conversation conversation;
    private final AtomicBoolean entered = new AtomicBoolean();
    private volatile boolean cancelled;
    private boolean closed;

    Session(Engine engine, SessionOptions options) {
        this.engine = engine;
        this.conversation = new Conversation(engine, options);
    }

    /// Positions that the session can hold.
    public int contextLength() {
        return conversation.context();
    }

    /// The method as it works on this model.
    public TokenReduction reduction() {
        return conversation.reduction();
    }

    /// Where the images of the conversation lie among its positions, in order.
    public List<ImageSpan> images() {
        return conversation.images();
    }

    /// The method's work inside the decoder; what it chose can be read from a hook that keeps a trace of it.
    public DecoderHook hook() {
        return conversation.hook();
    }

    /// Positions of the rows that a layer's cache holds.
    int[] positions(int layer) {
        return conversation.cache().positions(layer);
    }

    /// Answers a prompt; the turns before it count.
    ///
    /// @param sink receives the answer token by token, outside of any lock
    /// @throws PromptTooLongException when the prompt leaves no room for an answer; the session is as before
    public Generation generate(Prompt prompt, Sampling sampling, TokenSink sink) {
        return generate(prompt, sampling, sink, ProgressListener.NONE);
    }

    /// As [#generate(Prompt, Sampling, TokenSink)], and tells how far it is.
    public Generation generate(Prompt prompt, Sampling sampling, TokenSink sink, ProgressListener listener) {
        enter();
        try {
            return new Turn(engine, conversation, sampling, sink, watch(listener)).run(prompt);
        } finally {
            entered.set(false);
        }
    }

    /// Judges how likely the model thinks some answers to a prompt, token by token as in a teacher-forced pass; the
    /// turns before it count, and the session is afterwards as before. The prompt is computed once for all options.
    ///
    /// This is how V* Bench is scored: the option with the lowest mean loss is the model's answer.
    ///
    /// @param options texts that follow the prompt after a space, at least one
    /// @throws PromptTooLongException when the prompt or an option does not fit
    /// @throws CancellationException  when [#cancel] was called
    public OptionScores score(Prompt prompt, List<String> options) {
        return scoreTokens(prompt, options.stream().map(engine::optionIds).toList());
    }

    /// As [#score], with options as token ids, each at least one.
    public OptionScores scoreTokens(Prompt prompt, List<int[]> options) {
        if (options.isEmpty() || options.stream().anyMatch(ids -> ids.length == 0)) {
            throw new IllegalArgumentException("options: expected at least one, of at least one token each, found "
                    + (options.isEmpty() ? "none" : "an empty one"));
        }
        enter();
        try {
            return new Scoring(engine, conversation, watch(ProgressListener.NONE)).run(prompt, options);
        } catch (CancelledException e) {
            throw new CancellationException("scoring was cancelled");
        } finally {
            entered.set(false);
        }
    }

    /// A moment of one session to which [#rewind] takes it back.
    public static final class Moment {
        private final Session session;
        private final Conversation.Mark mark;

        private Moment(Session session, Conversation.Mark mark) {
            this.session = session;
            this.mark = mark;
        }
    }

    /// The present moment.
    public Moment moment() {
        enter();
        try {
            return new Moment(this, conversation.mark());
        } finally {
            entered.set(false);
        }
    }

    /// Forgets everything since a moment, so that several prompts can follow the same beginning at the cost of one.
    public void rewind(Moment moment) {
        if (moment.session != this) {
            throw new IllegalArgumentException("moment: expected one of this session, found another's");
        }
        enter();
        try {
            conversation.restore(moment.mark);
        } finally {
            entered.set(false);
        }
    }

    /// Takes the beginning of a prompt through tower and decoder without answering; [#generate] then goes on after
    /// it. Only for methods that do not look at the question: what follows is not part of this pass.
    ///
    /// @return what it cost; no token is made
    /// @throws PromptTooLongException when it does not fit; the session is as before
    public Stats prefill(Prompt beginning) {
        enter();
        try {
            return Turn.prefill(engine, conversation, beginning, watch(ProgressListener.NONE));
        } catch (CancelledException e) {
            throw new CancellationException("the prefill was cancelled");
        } finally {
            entered.set(false);
        }
    }

    private Watch watch(ProgressListener listener) {
        cancelled = false;
        return new Watch(new StatsRecorder(engine.kernels()), listener, () -> cancelled);
    }

    private void enter() {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        if (!entered.compareAndSet(false, true)) {
            throw new IllegalStateException("the session is in use by another thread");
        }
    }

    /// Stops the answer that is being made, within one layer of a prompt or one token; harmless when there is none.
    public void cancel() {
        cancelled = true;
    }

    /// Frees the cache.
    @Override
    public void close() {
        enter();
        closed = true;
        entered.set(false);
        conversation.close();
        engine.closed(this);
    }
}
