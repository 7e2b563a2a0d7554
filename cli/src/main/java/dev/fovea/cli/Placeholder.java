package dev.fovea.cli;

class Placeholder {}
