package dev.fovea.engine;

import dev.fovea.engine.family.Models;
import dev.fovea.engine.family.VisionLanguageModel;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.tokenizer.ChatFormat;
import dev.fovea.engine.tokenizer.Tokenizer;
import dev.fovea.kernel.Compute;
import dev.fovea.kernel.CountingKernels;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Workers;
import dev.fovea.kernel.Workspace;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/// A loaded model with the threads that run it; the door of the library.
///
/// ```java
/// try (Engine engine = Engine.load(Path.of("llava-v1.6-mistral-7b-hf"), EngineOptions.standard());
///      Session session = engine.open(SessionOptions.of(
///              Reductions.named("hired", Request.of(Budget.parse("0.2")))))) {
///     Generation answer = session.generate(
///             Prompt.ask("What is the total?", Path.of("receipt.png")),
///             Sampling.greedy(64),
///             token -> { System.out.print(token.text()); return true; });
///     System.out.println(answer.stats().nanos());
/// }
/// ```
///
/// Thread-safe: runs one forward pass at a time, sessions queue first come, first served.
public final class Engine implements AutoCloseable {
    /// Earlier updates may move arrays that native code holds (JDK-8377811).
    private static final Runtime.Version OLDEST_JDK = Runtime.Version.parse("25.0.3");

    private final VisionLanguageModel model;
    private final Optional<Tokenizer> tokenizer;
    private final Optional<ChatFormat> chat;
    private final EngineOptions options;
    private final CountingKernels kernels;
    private final Workers workers;
    private final Arena arena;
    private final Workspace workspace = new Workspace();
    private final ImageEncoder encoder;
    private final Set<Integer> ends; // tokens that end an answer
    private final long loadNanos;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final AtomicInteger sessions = new AtomicInteger();

    private Engine(Loading.Loaded loaded, EngineOptions options, long begin) {
        this.model = loaded.model();
        this.tokenizer = loaded.tokenizer();
        this.chat = loaded.chat();
        this.options = options;
        this.kernels = loaded.kernels();
        this.workers = loaded.workers();
        this.arena = loaded.arena();
        this.encoder = new ImageEncoder(model, kernels, workspace, ImagePolicies.of(model.config()), options);
        this.ends = loaded.ends();
        this.loadNanos = System.nanoTime() - begin;
    }

    /// Loads a checkpoint directory in Hugging Face layout (or the original LLaVA naming, as safetensors).
    ///
    /// Weights are mapped, not copied, and freed by [#close]. Without tokenizer files prompts are token ids.
    ///
    /// @throws dev.fovea.engine.file.ModelFormatException when a file is not what it should be
    /// @throws dev.fovea.engine.file.UnsupportedModelException when it is, but Fovea does not serve it
    public static Engine load(Path directory, EngineOptions options) {
        return load(ModelSource.of(directory), options);
    }

    /// Loads a checkpoint directory, or llama.cpp's usual pair of GGUF files.
    ///
    /// Weights are mapped and used where they lie, apart from those that are rounded while loading and from the
    /// query and key matrices of GGUF files, whose rows are put in order.
    ///
    /// @throws dev.fovea.engine.file.ModelFormatException when a file is not what it should be
    /// @throws dev.fovea.engine.file.UnsupportedModelException when it is, but Fovea does not serve it
    public static Engine load(ModelSource source, EngineOptions options) {
        return make(options, Loading.of(source, options));
    }

    /// A model with random weights and no tokenizer, for measuring; prompts are token ids.
    ///
    /// @param format of the weights: F32, BF16, or for the language model Q8_0 or Q4_0 beside a tower in BF16
    public static Engine random(VlmConfig config, Format format, EngineOptions options) {
        return make(
                options,
                (kernels, workers, arena) -> new Loading.Loaded(
                        Models.random(config, format, 1, arena, kernels),
                        Optional.empty(),
                        Optional.empty(),
                        kernels,
                        workers,
                        arena));
    }

    private static Engine make(EngineOptions options, Loading loading) {
        long begin = System.nanoTime();
        if (Runtime.version().compareTo(OLDEST_JDK) < 0) {
            throw new IllegalStateException("JDK: expected 25.0.3 or later, found " + Runtime.version());
        }
        Workers workers = new Workers(options.threads());
        Arena arena = Arena.ofShared();
        try {
            CountingKernels kernels = new CountingKernels(options.technique(workers));
            return new Engine(loading.load(kernels, workers, arena), options, begin);
        } catch (RuntimeException | Error e) {
            workers.close();
            arena.close();
            throw e;
        }
    }

    /// Opens a conversation.
    public Session open(SessionOptions sessionOptions) {
        sessions.incrementAndGet();
        try {
            return new Session(this, sessionOptions);
        } catch (RuntimeException | Error e) {
            sessions.decrementAndGet();
            throw e;
        }
    }

    /// Encodes one image and applies a method's choice after the tower, without the language model.
    public Inspection inspect(ImageInput image, TokenReduction reduction) {
        TokenReduction method = forModel(reduction);
        RgbImage pixels = encoder.decode(image);
        lock();
        try {
            ImageEncoder.Encoded encoded =
                    encoder.encode(new ImageInput.Pixels(pixels), method, new StatsRecorder(kernels));
            return new Inspection(pixels, encoded.grid(), encoded.reduced(), encoded.stats());
        } finally {
            unlock();
        }
    }

    /// The tiles of an inspected image before normalisation, for pictures of them.
    ///
    /// @param scale how many times larger than the tower sees them
    /// @return one square for each tile, the whole picture first
    public List<RgbImage> tiles(Inspection inspection, int scale) {
        return ImagePolicies.tiles(config(), inspection.image(), inspection.grid(), scale);
    }

    /// What the checkpoint says about the model.
    public VlmConfig config() {
        return model.config();
    }

    /// The technique that computes.
    public String kernelsName() {
        return kernels.name();
    }

    /// The arithmetic of products with many rows.
    public Compute compute() {
        return kernels.compute();
    }

    /// Operations per second that the technique's instructions reach at most, measured now; empty where unknown.
    public OptionalDouble peak() {
        lock();
        try {
            return kernels.peak();
        } finally {
            unlock();
        }
    }

    /// Does once what a request does, so that the first one does not wait for compilers and for weights to be packed.
    public void warmUp() {
        lock();
        try {
            WarmUp.run(model, options, workspace);
        } finally {
            unlock();
        }
    }

    public EngineOptions options() {
        return options;
    }

    /// Empty for models with random weights and checkpoints without tokenizer files.
    public Optional<Tokenizer> tokenizer() {
        return tokenizer;
    }

    /// Nanoseconds that loading took.
    public long loadNanos() {
        return loadNanos;
    }

    /// A method made ready for this model; one that the model cannot serve is refused.
    TokenReduction forModel(TokenReduction reduction) {
        TokenReduction method = reduction.forModel(config());
        for (int tap : method.visionTaps(config().vision())) {
            if (tap >= model.tower().layers()) {
                throw new IllegalArgumentException("method " + method.name() + ": expected a model with layer " + tap
                        + " of the tower's " + config().vision().layers() + ", counted from 0, found a file with the"
                        + " first " + model.tower().layers() + " alone");
            }
        }
        return method;
    }

    VisionLanguageModel model() {
        return model;
    }

    CountingKernels kernels() {
        return kernels;
    }

    Workspace workspace() {
        return workspace;
    }

    ImageEncoder encoder() {
        return encoder;
    }

    void lock() {
        turn.lock();
    }

    void unlock() {
        turn.unlock();
    }

    boolean ends(int token) {
        return ends.contains(token);
    }

    int imageToken() {
        return model.config().imageToken();
    }

    int contextLength(SessionOptions sessionOptions) {
        int most = Math.min(
                model.config().text().maxPositions(),
                model.config().text().slidingWindow().orElse(Integer.MAX_VALUE));
        if (sessionOptions.contextLength() > most) {
            throw new IllegalArgumentException("context length: expected at most " + most
                    + ", what the model was made for, found " + sessionOptions.contextLength());
        }
        return sessionOptions.contextLength() > 0
                ? sessionOptions.contextLength()
                : Math.min(most, SessionOptions.DEFAULT_CONTEXT);
    }

    /// The token ids of a prompt that opens a conversation; the image token stands for an image.
    public int[] tokenize(Prompt prompt) {
        return promptIds(prompt, true);
    }

    /// The new token ids of a prompt.
    ///
    /// @param first whether it opens the conversation
    int[] promptIds(Prompt prompt, boolean first) {
        return new PromptEncoding(tokenizer, chat, imageToken()).ids(prompt, first);
    }

    /// The token ids of an answer that follows a prompt after a space.
    public int[] optionIds(String option) {
        return tokenizer.orElseThrow(PromptEncoding::noTokenizer).encodeContinuation(" " + option);
    }

    void closed(Session session) {
        sessions.decrementAndGet();
    }

    /// Frees the threads and the weights.
    ///
    /// @throws IllegalStateException while sessions are open
    @Override
    public void close() {
        int open = sessions.get();
        if (open > 0) {
            throw new IllegalStateException("engine: expected no open sessions, found " + open);
        }
        workers.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
