package dev.fovea.engine.image;

import dev.fovea.engine.image.AnyRes.Size;
import dev.fovea.engine.image.Resampler.Axis;
import java.util.List;

/// CLIP's own processor, which LLaVA-1.5 in Hugging Face layout uses: the shorter side resized, the centre cut out.
///
/// @param shortestEdge what the shorter side becomes
/// @param crop         side of the square that is cut; where the picture is smaller, black is added
/// @param patches      patches on each side of the square
public record CropPolicy(int shortestEdge, int crop, int patches, Resampler.Filter filter, Normalization normalization)
        implements ImagePolicy {
    public CropPolicy {
        if (shortestEdge < 1 || crop < 1) {
            throw new IllegalArgumentException(
                    "crop: expected sizes of at least 1, found shortest edge " + shortestEdge + ", crop " + crop);
        }
    }

    @Override
    public Grid grid(int height, int width) {
        return Grid.single(patches, height, width);
    }

    @Override
    public Tiling tiling(RgbImage image, Resampler.Pieces pieces) {
        Size size = resized(image.height(), image.width());
        Axis down = centre(image.height(), size.height());
        Axis across = centre(image.width(), size.width());
        RgbImage square = Resampler.resize(image, down, across, filter, pieces)
                .placed(padding(size.height()), padding(size.width()), crop, crop, 0);
        Grid grid = grid(image.height(), image.width());
        return new Tiling(grid, List.of(normalization.toTensor(square)), List.of(square), crop, crop);
    }

    /// As `get_resize_output_image_size` of transformers: the longer side is truncated.
    Size resized(int height, int width) {
        int shorter = Math.min(height, width);
        int longer = (int) ((double) ((long) shortestEdge * Math.max(height, width)) / shorter);
        return width <= height ? new Size(longer, shortestEdge) : new Size(shortestEdge, longer);
    }

    // As transformers' center_crop: the odd line is cut off below and right, but added above and left.
    private Axis centre(int inputs, int outputs) {
        int begin = Math.max(0, (outputs - crop) / 2);
        return new Axis(inputs, outputs, begin, begin + Math.min(crop, outputs));
    }

    private int padding(int outputs) {
        return Math.max(0, Math.ceilDiv(crop - outputs, 2));
    }
}
