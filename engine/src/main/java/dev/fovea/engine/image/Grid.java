package dev.fovea.engine.image;

public record Grid(int tileRows, int tileCols, int patches, int cropTop, int cropLeft, int keptRows, int keptCols, int imageHeight, int imageWidth) {
    public int tiles() { return 1 + tileRows * tileCols; }
    public Grid transposed() { return this; }
    public double[] rowWindow() { return new double[]{0,1}; }
    public double[] colWindow() { return new double[]{0,1}; }
}
