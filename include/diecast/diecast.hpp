#pragma once

/// What a program that embeds the engine needs: a model cast for one preset, a corpus in batches, the optimizer,
/// checkpoints, and text from the trained model. No templates of the engine are behind these headers; link with
/// the preset's library.

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/core/error.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/data/batch_stream.hpp>
#include <diecast/data/corpus.hpp>
#include <diecast/data/prepared_data.hpp>
#include <diecast/generate/generator.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/model/model.hpp>
#include <diecast/tokenizer/bpe.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/tokenizer_json.hpp>
#include <diecast/train/loss_scale.hpp>
#include <diecast/train/optimizer.hpp>
#include <diecast/train/schedule.hpp>
