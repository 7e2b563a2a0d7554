package dev.fovea.engine;

import dev.fovea.engine.family.VisionLanguageModel;
import dev.fovea.engine.image.Grid;
import dev.fovea.engine.image.ImageDecoder;
import dev.fovea.engine.image.ImagePolicy;
import dev.fovea.engine.image.RgbImage;
import dev.fovea.engine.image.Tiling;
import dev.fovea.engine.reduce.Reduced;
import dev.fovea.engine.reduce.TokenReduction;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.TowerOutput;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.engine.vision.VisualTokens;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/// Takes one image from its file to the rows that stand for it in the prompt.
final class ImageEncoder {
    private final VisionLanguageModel model;
    private final Kernels kernels;
    private final Workspace workspace;
    private final ImagePolicy policy;
    private final EngineOptions options;

    ImageEncoder(
            VisionLanguageModel model,
            Kernels kernels,
            Workspace workspace,
            ImagePolicy policy,
            EngineOptions options) {
        this.model = model;
        this.kernels = kernels;
        this.workspace = workspace;
        this.policy = policy;
        this.options = options;
    }

    /// An image as the decoder will see it.
    ///
    /// @param rows    `[tokens, hidden]`, newline rows included
    /// @param outside `[n, hidden]`: projected tokens that stay outside the prompt
    record Encoded(Reduced reduced, Tensor rows, Tensor outside, Grid grid, ImageStats stats) {}

    Encoded encode(ImageInput input, TokenReduction reduction, StatsRecorder recorder) {
        EncodedImage image = look(decode(input), reduction, recorder);
        Grid grid = image.grid();
        Reduced reduced = reduction.reduce(image);
        recorder.end(Stage.SELECT);
        Tensor rows = rows(reduced.prompt());
        Tensor outside = rows(reduced.outside());
        recorder.end(Stage.VISION);
        ImageStats stats = new ImageStats(
                grid.imageWidth(),
                grid.imageHeight(),
                grid.tileRows(),
                grid.tileCols(),
                grid.tiles(),
                image.encodedTiles(),
                hasNewlines() ? grid.tokensWithNewlines() : grid.tokensWithoutNewlines(),
                reduced.prompt().count(),
                reduced.outside().count(),
                reduced.budgets());
        return new Encoded(reduced, rows, outside, grid, stats);
    }

    /// Cuts an image and encodes it as far as a method wants to see it: the base tile first, then those of the others
    /// that the method asks for.
    EncodedImage look(RgbImage pixels, TokenReduction reduction, StatsRecorder recorder) {
        Tiling tiling = policy.tiling(pixels, this::share);
        recorder.end(Stage.PREPROCESS);
        boolean whole = !tiling.grid().mosaicOutside() || reduction.readsHighResolution();
        Grid grid = whole ? tiling.grid() : Grid.single(tiling.grid().patches(), pixels.height(), pixels.width());
        VisionConfig vision = model.config().vision();
        Set<Integer> taps = reduction.visionTaps(vision);
        TowerOutput first = model.tower().encode(tiling.tiles().subList(0, 1), taps, workspace);
        EncodedImage base = new EncodedImage(grid, first, vision, kernels, hasNewlines());
        recorder.end(Stage.VISION);
        boolean[] wanted = reduction.wantedTiles(base);
        recorder.end(Stage.SELECT);
        List<float[]> rest = new ArrayList<>();
        for (int tile = 1; tile < grid.tiles(); tile++) {
            if (wanted[tile]) {
                rest.add(tiling.tiles().get(tile));
            }
        }
        EncodedImage image = base.with(wanted, model.tower().encode(rest, taps, workspace));
        recorder.end(Stage.VISION);
        return image;
    }

    /// Shares pieces of work among the kernels' threads.
    private void share(int count, IntConsumer piece) {
        kernels.workers().forEach(count, (i, _) -> piece.accept(i));
    }

    private boolean hasNewlines() {
        return model.newline().length > 0;
    }

    RgbImage decode(ImageInput input) {
        return switch (input) {
            case ImageInput.File(var path) -> ImageDecoder.decode(path, options.imageLimits(), options.applyExif());
            case ImageInput.Bytes(String name, byte[] bytes) ->
                ImageDecoder.decode(bytes, name, options.imageLimits(), options.applyExif());
            case ImageInput.Pixels(RgbImage image) -> image;
        };
    }

    /// Projects the features of tokens to the last rows, from where they move forward to make room for the newline
    /// vector where newlines are.
    private Tensor rows(VisualTokens tokens) {
        int hidden = model.projector().hidden();
        Tensor rows = Tensor.zeros(tokens.count(), hidden);
        Tensor projected = rows.slice(tokens.count() - tokens.kept(), tokens.count());
        model.projector().project(tokens.features(), workspace, projected);
        int from = 0;
        for (int r = 0; r < rows.rows(); r++) {
            if (tokens.origins()[r] == VisualTokens.NEWLINE) {
                System.arraycopy(model.newline(), 0, rows.data(), rows.at(r), hidden);
            } else {
                projected.copyRow(from++, rows.data(), rows.at(r));
            }
        }
        return rows;
    }
}
