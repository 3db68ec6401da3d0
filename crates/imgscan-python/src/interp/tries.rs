//! `try`.

use crate::object::{Condition, Heap, Kind, Object, Value};
use crate::syntax::ir::{Handler, Try};

use super::error::{Exc, Stop};
use super::frame::{Flow, Frame};
use super::{Interp, Res};

/// Which handler an exception goes to.
pub(super) enum Selected {
    Handler(usize),
    None,
    /// It cannot be told.
    Unclear,
}

impl Interp<'_> {
    /// `try`
    pub(super) fn exec_try(&mut self, frame: &mut Frame, statement: &Try) -> Res<Flow> {
        if statement.is_star {
            return Err(Stop::Bound("`except*` is not followed".into()));
        }
        if statement.finally.is_empty() {
            return self.try_handlers(frame, statement);
        }
        let returns = frame.returns.len();
        let (breaks, continues) = frame.loops.last().map_or((0, 0), |l| (l.breaks.len(), l.continues.len()));
        let (result, raised) = self.catching(|interp| interp.try_handlers(frame, statement));
        if let Err(Stop::Bound(reason)) = result {
            return Err(Stop::Bound(reason));
        }
        self.finally_of_left(frame, statement, returns, breaks, continues)?;
        for (heap, exc, condition) in raised {
            self.on_other_way(heap, |interp| match interp.exec_block(frame, &statement.finally) {
                Ok(Flow::Normal) => interp.note_raised(Stop::Raise(Box::new(exc)), &condition),
                Ok(flow) => interp.leave(frame, flow, &condition),
                Err(stop) => interp.note_raised(stop, &condition),
            })?;
        }
        match (result, self.exec_block(frame, &statement.finally)?) {
            (Ok(flow), Flow::Normal) => Ok(flow),
            (Err(stop), Flow::Normal) => Err(stop),
            (_, flow) => Ok(flow),
        }
    }

    /// Runs `finally` on the ways that left the body early.
    fn finally_of_left(
        &mut self,
        frame: &mut Frame,
        statement: &Try,
        returns: usize,
        breaks: usize,
        continues: usize,
    ) -> Res<()> {
        let mut left = frame.returns.split_off(returns.min(frame.returns.len()));
        let returned = left.len();
        let mut broken = 0;
        if let Some(exits) = frame.loops.last_mut() {
            let mut b = exits.breaks.split_off(breaks.min(exits.breaks.len()));
            let mut c = exits.continues.split_off(continues.min(exits.continues.len()));
            broken = b.len();
            left.append(&mut b);
            left.append(&mut c);
        }
        for (at, mut way) in left.into_iter().enumerate() {
            let heap = std::mem::take(&mut way.heap);
            let condition = way.condition.clone();
            let kept =
                self.on_other_way(heap, |interp| match interp.exec_block(frame, &statement.finally) {
                    Ok(Flow::Normal) => Ok(Some(interp.heap.clone())),
                    Ok(flow) => interp.leave(frame, flow, &condition).map(|()| None),
                    Err(stop) => interp.note_raised(stop, &condition).map(|()| None),
                })?;
            let Some(heap) = kept else { continue };
            way.heap = heap;
            if at < returned {
                frame.returns.push(way);
            } else if let Some(exits) = frame.loops.last_mut() {
                if at < returned + broken { exits.breaks.push(way) } else { exits.continues.push(way) }
            }
        }
        Ok(())
    }

    /// Runs something on another way's heap and comes back to the present one.
    pub(crate) fn on_other_way<T>(&mut self, heap: Heap, run: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        let present = self.heap.clone();
        self.restore(heap);
        let result = run(self);
        self.restore(present);
        result
    }

    fn try_handlers(&mut self, frame: &mut Frame, statement: &Try) -> Res<Flow> {
        let (result, raised) = self.catching(|interp| interp.exec_block(frame, &statement.body));
        let flow = match result {
            Ok(Flow::Normal) => self.exec_block(frame, &statement.orelse),
            Ok(flow) => Ok(flow),
            Err(Stop::Raise(exc)) => self.handle(frame, statement, &exc, 0),
            Err(stop) => return Err(stop),
        };
        self.join_raised(frame, flow, raised, |interp, frame, exc| interp.handle(frame, statement, exc, 0))
    }

    /// Joins what ways that may have raised come to.
    pub(super) fn join_raised(
        &mut self,
        frame: &mut Frame,
        main: Res<Flow>,
        raised: Vec<(Heap, Exc, Condition)>,
        mut handle: impl FnMut(&mut Self, &mut Frame, &Exc) -> Res<Flow>,
    ) -> Res<Flow> {
        let mut main = main;
        for (heap, exc, condition) in raised.into_iter().rev() {
            if let Err(Stop::Bound(reason)) = main {
                return Err(Stop::Bound(reason));
            }
            let main_heap = self.heap.clone();
            self.restore(heap);
            self.path.push(condition.clone());
            let other = handle(self, frame, &exc);
            self.path.pop();
            let other_heap = self.heap.clone();
            self.restore(main_heap);
            main = self.join_flows(frame, main, other, other_heap, &condition);
        }
        main
    }

    /// Joins another way's flow, which holds under the condition, to the present one.
    fn join_flows(
        &mut self,
        frame: &mut Frame,
        main: Res<Flow>,
        other: Res<Flow>,
        other_heap: Heap,
        condition: &Condition,
    ) -> Res<Flow> {
        match (main, other) {
            (Err(Stop::Bound(reason)), _) | (_, Err(Stop::Bound(reason))) => Err(Stop::Bound(reason)),
            (main, Err(stop)) => {
                self.on_other_way(other_heap, |interp| interp.note_raised(stop, condition))?;
                main
            }
            (Err(stop), Ok(flow)) => {
                self.note_raised(stop, &condition.not())?;
                self.restore(other_heap);
                Ok(flow)
            }
            (Ok(Flow::Normal), Ok(Flow::Normal)) => {
                self.join_heap(other_heap, condition)?;
                Ok(Flow::Normal)
            }
            (Ok(Flow::Return(a)), Ok(Flow::Return(b))) => {
                self.join_heap(other_heap, condition)?;
                Ok(Flow::Return(self.join_values(condition, &b, &a)))
            }
            (Ok(main), Ok(Flow::Normal)) => {
                self.leave(frame, main, &condition.not())?;
                self.restore(other_heap);
                Ok(Flow::Normal)
            }
            (Ok(main), Ok(other)) => {
                self.on_other_way(other_heap, |interp| interp.leave(frame, other, condition))?;
                Ok(main)
            }
        }
    }

    /// Runs the handler that an exception goes to, from handler number `from` on.
    fn handle(&mut self, frame: &mut Frame, statement: &Try, exc: &Exc, from: usize) -> Res<Flow> {
        for (at, handler) in statement.handlers.iter().enumerate().skip(from) {
            match self.catches(frame, handler, exc)? {
                Some(true) => return self.run_handler(frame, statement, at, exc),
                Some(false) => {}
                None => {
                    let words = "which exception is raised";
                    let condition =
                        Condition::words(words, self.needs_of(&exc.value), exc.value.trace.clone());
                    return self.fork_flow(
                        frame,
                        &condition,
                        |interp, frame| interp.run_handler(frame, statement, at, exc),
                        |interp, frame| interp.handle(frame, statement, exc, at + 1),
                    );
                }
            }
        }
        Err(Stop::Raise(Box::new(exc.clone())))
    }

    /// Which handler an exception goes to, for a body that is run step by step.
    pub(super) fn select_handler(&mut self, frame: &mut Frame, statement: &Try, exc: &Exc) -> Res<Selected> {
        for (at, handler) in statement.handlers.iter().enumerate() {
            match self.catches(frame, handler, exc)? {
                Some(true) => return Ok(Selected::Handler(at)),
                Some(false) => {}
                None => return Ok(Selected::Unclear),
            }
        }
        Ok(Selected::None)
    }

    /// Whether a handler takes an exception; `None` where that is not known.
    fn catches(&mut self, frame: &mut Frame, handler: &Handler, exc: &Exc) -> Res<Option<bool>> {
        let Some(class) = &handler.class else { return Ok(Some(true)) };
        let class = self.eval(frame, class)?;
        Ok(self.matches_class(&exc.value, &class))
    }

    /// Whether `except class` catches the exception; `None` where that is not known.
    pub(crate) fn matches_class(&self, exception: &Value, class: &Value) -> Option<bool> {
        match &class.kind {
            Kind::Tuple(classes) => {
                let mut unclear = false;
                for class in classes.iter() {
                    match self.matches_class(exception, class) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unclear = true,
                    }
                }
                if unclear { None } else { Some(false) }
            }
            Kind::Type(class) => self.is_exception_of(exception, *class),
            Kind::Ref(id) if matches!(self.heap.get(*id), Object::Class(_)) => match &exception.kind {
                Kind::Ref(_) => {
                    self.exception_class(exception).and_then(|mine| self.is_subclass(&mine, class))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn run_handler(&mut self, frame: &mut Frame, statement: &Try, at: usize, exc: &Exc) -> Res<Flow> {
        let Some(handler) = statement.handlers.get(at) else { return Ok(Flow::Normal) };
        let control = self.control.clone();
        self.control = self.control.decided_by(&exc.value.trace);
        if let Some(name) = &handler.name {
            self.assign(frame, name, exc.value.clone(), handler.site)?;
        }
        self.handled.push(exc.value.clone());
        let result = self.exec_block(frame, &handler.body);
        self.handled.pop();
        if let Some(name) = &handler.name {
            // The name is unbound at the end of the handler, whatever it held.
            if let crate::syntax::ir::TargetKind::Name(name) = &name.kind {
                let namespace = self.namespace(frame, name.scope);
                self.unbind(namespace, &name.id);
            }
        }
        self.control = control;
        result
    }
}
