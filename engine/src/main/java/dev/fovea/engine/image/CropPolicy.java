package dev.fovea.engine.image;

import dev.fovea.engine.image.AnyRes.Size;
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
    public Tiling tiling(RgbImage image) {
        Size size = resized(image.height(), image.width());
        RgbImage square = centre(Resampler.resize(image, size.height(), size.width(), filter));
        Grid grid = grid(image.height(), image.width());
        return new Tiling(grid, List.of(normalization.toTensor(square)), List.of(square), crop, crop);
    }

    /// As `get_resize_output_image_size` of transformers: the longer side is truncated.
    Size resized(int height, int width) {
        int shorter = Math.min(height, width);
        int longer = (int) ((double) ((long) shortestEdge * Math.max(height, width)) / shorter);
        return width <= height ? new Size(longer, shortestEdge) : new Size(shortestEdge, longer);
    }

    // As transformers' center_crop. Where black has to be added, its odd line goes above and left.
    private RgbImage centre(RgbImage image) {
        int height = Math.max(crop, image.height());
        int width = Math.max(crop, image.width());
        int padTop = Math.ceilDiv(height - image.height(), 2);
        int padLeft = Math.ceilDiv(width - image.width(), 2);
        int top = Math.floorDiv(image.height() - crop, 2) + padTop;
        int left = Math.floorDiv(image.width() - crop, 2) + padLeft;
        return image.placed(padTop, padLeft, height, width, 0).crop(top, left, crop, crop);
    }
}
