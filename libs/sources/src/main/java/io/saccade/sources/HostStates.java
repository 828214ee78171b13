package io.saccade.sources;

/**
 * How many hosts are in trouble, at one moment. Those that are well are not counted: nothing is kept of them.
 *
 * @param failing that failed lately and are asked all the same
 * @param resting that failed so often that they are left alone
 * @param probing that one fetch is out to, after a rest
 */
public record HostStates(int failing, int resting, int probing) {}
