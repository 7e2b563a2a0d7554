/// `fovea bench`: what methods and budgets cost on this machine.
@NullMarked
package dev.fovea.cli.bench;

import org.jspecify.annotations.NullMarked;
