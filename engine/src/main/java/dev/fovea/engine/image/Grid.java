package dev.fovea.engine.image;

public record Grid(int tileRows, int tileCols, int patches, int cropTop, int cropLeft, int keptRows, int keptCols, int imageHeight, int imageWidth) {
    public int tiles() { return 1 + tileRows * tileCols; }
}
