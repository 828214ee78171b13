package io.saccade.triton;

import java.util.Optional;

/**
 * What a client's shared memory has done until now.
 *
 * @param slots     slots the server has registered and that can carry calls
 * @param carried   calls whose tensors went through shared memory
 * @param byNetwork calls that went over the network: no slot was free or ready, or the request did not fit
 * @param refusal   why the last slot could not be had; empty once one could
 */
public record SharedMemoryUse(int slots, long carried, long byNetwork, Optional<String> refusal) {}
